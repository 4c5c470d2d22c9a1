// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {CallbackGuard} from "../libraries/CallbackGuard.sol";
import {DeclaredTokens} from "../libraries/DeclaredTokens.sol";
import {Payments} from "../libraries/Payments.sol";
import {V3_RUN_AMOUNT_OUT_AT, V3_RUN_AMOUNT_OUT_SHIFT} from "../libraries/Program.sol";
import {Reverts} from "../libraries/Reverts.sol";
import {UniswapV3} from "./UniswapV3.sol";

/// @dev A cycle of Uniswap V3 pools in reverse: each callback swaps on the pool behind for what the one
/// that calls back asks, and the last one's is paid with the token that the first gives.
///
/// Before the first call, each pool gets a transient word in the slot of its own address:
///
/// | bits | of a pool with another behind it | of the last pool |
/// |---|---|---|
/// | 255 | zero | zero |
/// | 161 to 254 | zero | the terms: |
/// | 160 | zero for one, of the pool behind | most to pay, from bit 160 on, at least 2, |
/// | 0 to 159 | the pool behind | and the token |
///
/// The terms are the guard's word too. The payment is made if both are the same, and spends the guard's;
/// what has not been asked for when the first pool returns cannot be asked for any more. All callbacks
/// before it only pass on what is asked: they move nothing of ours, so their words are left as they are.
/// The data of a run's callbacks are empty, those of all others are not.
library UniswapV3Run {
    uint256 private constant SWAP = 0x128acb08; // swap(address,bool,int256,uint160,bytes)
    uint256 private constant TRANSFER = 0xa9059cbb; // transfer(address,uint256)
    uint256 private constant MIN_PRICE = 4295128740; // TickMath.MIN_SQRT_RATIO + 1
    uint256 private constant MAX_PRICE = 1461446703485210103287273052203988822378723970341;

    uint256 private constant CELL_SIZE = 21;
    uint256 private constant CELL = (1 << 161) - 1; // bits of a cell, and of a word that passes on
    uint256 private constant POOL = (1 << 160) - 1;
    uint256 private constant CALLBACK_SIZE = 0x84; // of a callback with empty data

    /// @dev Runs the command `v3_run`, whose cells are calldata [start, next).
    function swap(uint256 cursor, uint256 start, uint256 next, uint256 frame) internal {
        uint256 bought;
        bool whole;
        assembly ("memory-safe") {
            let size := sub(next, start) // whoever calls has compared them
            whole := lt(mod(size, CELL_SIZE), gt(size, 0)) // no rest, and one cell at least
            whole := gt(whole, gt(byte(0, calldataload(start)), 1)) // a direction
            bought := calldataload(add(cursor, V3_RUN_AMOUNT_OUT_AT))
            bought := shr(V3_RUN_AMOUNT_OUT_SHIFT, bought)
        }
        if (!whole) revert IArbitrageExecutor.TruncatedProgram(cursor);
        if (bought < 2 || bought >> 95 != 0) revert IArbitrageExecutor.BadAmount(cursor); // no terms
        uint256 cell = bind(uint160(DeclaredTokens.at(0, frame)), bought, start, next);
        UniswapV3.swapFirst(cell, bought);
        CallbackGuard.spend();
    }

    /// @dev Gives each pool of the cells in calldata [start, end) its word; returns the first cell.
    function bind(uint256 token, uint256 bought, uint256 start, uint256 end)
        internal
        returns (uint256 first)
    {
        assembly ("memory-safe") {
            first := shr(88, calldataload(start))
            let cell := first
            let terms := or(shl(160, bought), token)
            for {} 1 {} {
                start := add(start, CELL_SIZE)
                if iszero(lt(start, end)) { break }
                let behind := shr(88, calldataload(start))
                tstore(and(cell, POOL), behind)
                cell := behind
            }
            tstore(and(cell, POOL), terms)
            tstore(0, terms) // CallbackGuard's word, and the lock: behind the loop, which a pool of address zero may reach
        }
    }

    /// @dev Answers the callback of a run's pool and ends the call: swaps on the pool behind, or pays. Comes
    /// back where it is none, or a mixed run's, with the pool's word. Nothing has been allocated in this
    /// call and nothing will be, unless it fails: messages are built from 0 on.
    function answer() internal returns (uint256 word) {
        bool passesOn;
        bool pays;
        assembly ("memory-safe") {
            word := tload(caller())
            let own := mul(word, eq(calldatasize(), CALLBACK_SIZE))
            passesOn := lt(sub(own, 1), CELL)
            pays := sgt(own, CELL)
        }
        if (passesOn) {
            assembly ("memory-safe") {
                let zeroForOne := shr(160, word)
                mstore(0x00, SWAP) // selector at 0x1c
                mstore(0x20, caller()) // the recipient
                mstore(0x40, zeroForOne)
                // exact output: the greater of both amounts
                let greater := sgt(calldataload(0x24), calldataload(0x04))
                mstore(0x60, sub(0, calldataload(add(0x04, shl(5, greater)))))
                // no price limit of its own: the settlement judges the whole run
                mstore(0x80, xor(MAX_PRICE, mul(zeroForOne, xor(MAX_PRICE, MIN_PRICE))))
                mstore(0xa0, 0xa0) // offset of `data`, whose length at 0xc0 is zero
                // a call takes the lowest 160 bits of its word
                if call(gas(), word, 0, 0x1c, 0xc4, 0x00, 0x00) { stop() }
                mstore(0x40, 0x80) // free memory
            }
            Reverts.hopFailed(address(uint160(word & POOL)));
        }
        if (pays) {
            assembly ("memory-safe") {
                let greater := sgt(calldataload(0x24), calldataload(0x04))
                let amount := calldataload(add(0x04, shl(5, greater)))
                // the run's terms, which are not spent; neither nothing nor too much
                if and(eq(tload(0), word), lt(sub(amount, 1), shr(160, word))) {
                    tstore(0, 1) // CallbackGuard.spend
                    mstore(0x00, TRANSFER) // selector at 0x1c
                    mstore(0x20, caller())
                    mstore(0x40, amount)
                    let ok := call(gas(), word, 0, 0x1c, 0x44, 0x00, 0x20)
                    // exactly true; a shorter answer leaves the selector's last byte, which is not 1
                    if and(ok, eq(mload(0x00), 1)) { stop() }
                    // or no answer at all, from an account that has code
                    if and(ok, lt(returndatasize(), iszero(iszero(extcodesize(word))))) {
                        stop()
                    }
                    tstore(0, word) // nothing stays: it reverts
                }
                mstore(0x40, 0x80) // free memory
            }
            _refuse(word);
        }
    }

    /// @dev Says why a payment failed.
    function _refuse(uint256 terms) private view {
        bool bound;
        assembly ("memory-safe") {
            bound := eq(tload(0), terms)
        }
        if (!bound) revert IArbitrageExecutor.UnexpectedCallback(msg.sender);
        uint256 asked = Payments.askedNow();
        uint256 most = terms >> 160;
        if (asked == 0 || asked > most) revert IArbitrageExecutor.WrongPayment(asked, most);
        revert IArbitrageExecutor.TokenCallFailed(address(uint160(terms & POOL)));
    }
}
