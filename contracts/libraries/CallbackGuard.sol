// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {ARMS, OPCODE_MASK} from "./Program.sol";

/// @dev Of a hash in the guard's word the two highest bits, which terms of a cycle never have.
uint256 constant HASH_BITS = 0x4000000000000000000000000000000000000000000000000000000000000000;

/// @dev One transient word is the lock of a run and the binding of the one callback that an external
/// call may make:
///
/// | word | meaning |
/// |---|---|
/// | 0 | no run in this transaction: no callback is expected, a run may begin |
/// | 1 | a run, in which no callback is expected |
/// | bits 01 | a run in which this callback is: the highest 254 bits of keccak256(pool ‖ selector ‖ data), |
/// | | behind these two |
/// | else | the terms of the one payment of a cycle, whose pools have words of their own (CycleRun) |
///
/// A callback recomputes the hash from its own caller, selector and data. Calls nest strictly: a
/// callback spends the word before its stream arms the next one, so one slot serves every depth.
library CallbackGuard {
    uint256 private constant SLOT = 0;
    uint256 private constant IDLE = 0;
    uint256 private constant SPENT = 1;

    /// @dev Takes the lock, or spends the callback that began this stream. Where the stream's first
    /// command arms, its own word does that: nothing but static calls comes in between.
    function begin(uint256 cursor, uint256 end) internal {
        assembly ("memory-safe") {
            let opcode := and(byte(0, calldataload(cursor)), OPCODE_MASK)
            if iszero(and(shr(opcode, ARMS), lt(cursor, end))) { tstore(SLOT, SPENT) }
        }
    }

    /// @dev Spends the callback of a stream that arms nothing, or takes the lock.
    function spend() internal {
        assembly ("memory-safe") {
            tstore(SLOT, SPENT)
        }
    }

    /// @dev Lets the next run of this transaction begin.
    function release() internal {
        assembly ("memory-safe") {
            tstore(SLOT, IDLE)
        }
    }

    /// @dev Arms `pool` to call `selector` (right-aligned) back with the `length` bytes of data whose
    /// ABI length word lies at `lengthAt` in memory; writes that word.
    function arm(address pool, uint256 selector, uint256 lengthAt, uint256 length) internal {
        assembly ("memory-safe") {
            mstore(lengthAt, or(shl(32, pool), selector)) // prefix: caller, then selector
            let hash := keccak256(lengthAt, add(length, 0x20)) // prefix and data
            tstore(SLOT, or(HASH_BITS, shr(2, hash)))
            mstore(lengthAt, length)
        }
    }

    /// @dev Reverts unless this very callback is armed: this caller, this selector, and the data
    /// whose ABI length word lies at `lengthAt` in calldata. What follows must spend the word before
    /// any call that is not static: `begin` or `spend`.
    function requireArmed(uint256 selector, uint256 lengthAt)
        internal
        view
        returns (uint256 start, uint256 end)
    {
        bool armed;
        assembly ("memory-safe") {
            let buffer := mload(0x40) // free memory, not kept
            let length := calldataload(lengthAt) // a length that lies costs its sender's gas
            start := add(lengthAt, 0x20)
            end := add(start, length) // the data is ours, or the hash differs
            mstore(buffer, or(shl(32, caller()), selector))
            calldatacopy(add(buffer, 0x20), start, length)
            let hash := keccak256(buffer, add(length, 0x20))
            armed := eq(tload(SLOT), or(HASH_BITS, shr(2, hash)))
        }
        if (!armed) revert IArbitrageExecutor.UnexpectedCallback(msg.sender);
    }

    /// @dev Whether a pool has returned and its callback is still armed. The last command of a
    /// callback's stream leaves this to the command around it, which sees the same word.
    function isMissing(uint256 next, uint256 end, uint256 frame)
        internal
        view
        returns (bool found)
    {
        assembly ("memory-safe") {
            if or(lt(next, end), iszero(mload(add(frame, 0x20)))) {
                found := iszero(eq(tload(SLOT), SPENT))
            }
        }
    }
}
