// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {DeclaredTokens} from "./DeclaredTokens.sol";
import {TOKENS_AT, V2_RUN_AMOUNT_IN_AT, V2_RUN_AMOUNT_IN_SHIFT, V2_RUN_SIZE} from "./Program.sol";
import {ProgramHeader} from "./ProgramHeader.sol";
import {Reverts} from "./Reverts.sol";

/// @dev The express form of a `v2_run`.
///
/// | memory | what |
/// |---|---|
/// | 0x00 | the token's `balanceOf(this)`, for both ends of the run |
/// | 0x80 | the payment, then each swap, and a token's answer |
/// | 0x140 | the cells, and the executor as a cell behind them |
library ExpressV2 {
    uint256 private constant BALANCE_OF = 0x70a08231; // balanceOf(address)
    uint256 private constant TRANSFER = 0xa9059cbb; // transfer(address,uint256)
    uint256 private constant SWAP = 0x022c0d9f; // swap(uint256,uint256,address,bytes)
    uint256 private constant PAIR = 0x00ffffffffffffffffffffffffffffffffffffffff; // bits of a cell

    uint256 private constant COMMAND_AT = TOKENS_AT + 1;
    uint256 private constant AMOUNT_AT = COMMAND_AT + V2_RUN_AMOUNT_IN_AT;
    uint256 private constant CELLS_AT = COMMAND_AT + V2_RUN_SIZE;

    /// @dev Does all of a program in this form and ends the call; returns where its cells are not whole:
    /// the loop looks closer.
    function attempt(uint256 header, uint256 token) internal {
        if (!_isWhole()) return;
        uint256 native = address(this).balance;
        uint256 before = _pay(token);
        _swap();
        _settle(token, before, native, ProgramHeader.minProfit(header));
    }

    /// @dev Whether the cells are whole, one at least.
    function _isWhole() private pure returns (bool whole) {
        (uint256 least, uint256 over) = (CELLS_AT + 0x20, CELLS_AT % 0x20);
        assembly ("memory-safe") {
            let ragged := xor(and(calldatasize(), 0x1f), over)
            whole := iszero(or(ragged, lt(calldatasize(), least)))
        }
    }

    /// @dev Takes the lock and pays the first pair; returns what we held of the token before.
    function _pay(uint256 token) private returns (uint256 before) {
        (uint256 amountAt, uint256 cellsAt) = (AMOUNT_AT, CELLS_AT);
        bool ok;
        assembly ("memory-safe") {
            mstore(0x00, BALANCE_OF) // selector at 0x1c
            mstore(0x20, address()) // nothing overwrites the two
            ok := staticcall(gas(), token, 0x1c, 0x24, 0x80, 0x20)
            before := mload(0x80) // both tokens return a word
            tstore(0, 1) // CallbackGuard.spend
            mstore(0x80, TRANSFER) // selector at 0x9c
            mstore(0xa0, and(calldataload(cellsAt), PAIR))
            mstore(0xc0, shr(V2_RUN_AMOUNT_IN_SHIFT, calldataload(amountAt)))
            ok := and(call(gas(), token, 0, 0x9c, 0x44, 0x80, 0x20), ok)
            // exactly true, as both tokens return it; or the selector is still there
            ok := and(eq(mload(0x80), 1), ok)
        }
        if (!ok) revert IArbitrageExecutor.TokenCallFailed(address(uint160(token)));
    }

    /// @dev Swaps through the cells, as `UniswapV2Run.swapThrough`.
    function _swap() private {
        uint256 cellsAt = CELLS_AT;
        uint256 cell;
        bool ok;
        assembly ("memory-safe") {
            mstore(0x80, SWAP) // selector at 0x9c
            mstore(0x100, 0x80) // offset of `data`, whose length at 0x120 is zero
            calldatacopy(0x140, cellsAt, sub(calldatasize(), cellsAt))
            let last := add(0x140, sub(calldatasize(), cellsAt))
            mstore(last, address()) // as a cell behind the last one
            let place := 0x140 // of a cell
            cell := mload(0x140)
            for {} 1 {} {
                place := add(place, 0x20)
                let behind := mload(place)
                {
                    let out := shr(161, shl(1, cell))
                    let out1 := mul(out, shr(255, cell)) // zero for one
                    mstore(0xa0, sub(out, out1)) // amount0Out
                    mstore(0xc0, out1) // amount1Out
                }
                mstore(0xe0, and(behind, PAIR)) // to the next pair, or to us
                // a call takes the lowest 160 bits of its word
                ok := call(gas(), cell, 0, 0x9c, 0xa4, 0x00, 0x00)
                if iszero(gt(ok, eq(place, last))) { break } // it failed, or was the last
                cell := behind
            }
        }
        if (!ok) Reverts.hopFailed(address(uint160(cell & PAIR)));
    }

    /// @dev Releases the lock and ends the call, if the token grew by `least` and POL did not fall.
    function _settle(uint256 token, uint256 before, uint256 native, uint256 least) private {
        assembly ("memory-safe") {
            let ok := staticcall(gas(), token, 0x1c, 0x24, 0x80, 0x20)
            let current := mload(0x80)
            let short := or(lt(current, before), lt(sub(current, before), least))
            if gt(ok, or(short, lt(selfbalance(), native))) {
                tstore(0, 0) // CallbackGuard.release
                stop()
            }
        }
        DeclaredTokens.requireGain(address(uint160(token)), before, least);
        DeclaredTokens.requireNative(native);
        revert IArbitrageExecutor.TokenCallFailed(address(uint160(token)));
    }
}
