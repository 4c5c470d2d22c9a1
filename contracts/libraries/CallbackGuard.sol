// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";

/// @dev Binds the one callback that an external call may make. A transient word holds
/// keccak256(pool ‖ selector ‖ data); the callback recomputes it from its own caller, selector and
/// data, and clears it, so each arming serves once. Calls nest strictly: a callback has consumed
/// the word before its stream can arm the next one, so one slot serves every depth.
library CallbackGuard {
    /// @dev Beyond the reach of a token's index, which is one byte.
    uint256 private constant ARMED_SLOT = 0x100;

    /// @dev Arms `pool` to call `selector` (right-aligned) back with `length` bytes of data.
    /// @param message Memory position of the call: the word with its selector, five ABI words,
    /// the length word, the data. The length word holds the hash's prefix for a moment.
    function arm(address pool, uint256 selector, uint256 message, uint256 length) internal {
        assembly ("memory-safe") {
            let lengthAt := add(message, 0xc0)
            mstore(lengthAt, or(shl(32, pool), selector)) // prefix: caller, then selector
            tstore(ARMED_SLOT, keccak256(lengthAt, add(length, 0x20))) // prefix and data
            mstore(lengthAt, length) // the call's ABI length word
        }
    }

    /// @dev Reverts unless this very callback is armed, and disarms it.
    function consume(bytes calldata data) internal {
        bool expected;
        assembly ("memory-safe") {
            let buffer := mload(0x40) // free memory, not kept
            mstore(buffer, or(shl(32, caller()), shr(224, calldataload(0)))) // caller, selector
            calldatacopy(add(buffer, 0x20), data.offset, data.length) // bounds checked by the ABI
            expected := eq(tload(ARMED_SLOT), keccak256(buffer, add(data.length, 0x20)))
            tstore(ARMED_SLOT, 0) // once only; a revert restores it
        }
        if (!expected) revert IArbitrageExecutor.UnexpectedCallback(msg.sender);
    }

    /// @dev Reverts when `pool` returned and its callback is still armed.
    function requireConsumed(address pool) internal view {
        bool armed;
        assembly ("memory-safe") {
            armed := tload(ARMED_SLOT)
        }
        if (armed) revert IArbitrageExecutor.CallbackMissing(pool);
    }
}
