// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {BALANCE_OF, TRANSFER, V2_SWAP} from "../interfaces/Calls.sol";
import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {CycleRun} from "../venues/CycleRun.sol";
import {DeclaredTokens} from "./DeclaredTokens.sol";
import {
    CYCLE_PAIR_AMOUNT_TOP_SHIFT,
    CYCLE_RUN_SIZE,
    HEADER_TOKENS_SHIFT,
    ONLY_USDC_E,
    ONLY_WPOL,
    OP_CYCLE_RUN,
    OP_V2_RUN,
    TOKENS_AT,
    USDC_E,
    V2_CELL_AMOUNT_OUT_SHIFT,
    V2_CELL_AMOUNT_OUT_TOP_SHIFT,
    V2_CELL_ZERO_FOR_ONE_SHIFT,
    V2_RUN_AMOUNT_IN_AT,
    V2_RUN_SIZE,
    WPOL
} from "./Program.sol";
import {ProgramHeader} from "./ProgramHeader.sol";
import {Reverts} from "./Reverts.sol";

/// @dev The most usual programs: one well-known token, and one run to the executor that fills the rest of
/// calldata. What the loop does for them in general is written out at fixed places of calldata and of
/// memory, in which nothing has been allocated: it is all that the call does.
///
/// | memory | what |
/// |---|---|
/// | 0x00 | the token's `balanceOf(this)`, for both ends of the run |
/// | 0x80 | a payment, a swap, and a token's answer |
/// | 0x140 | of a `v2_run` the cells, and the executor as a cell behind them |
library Express {
    uint256 private constant ADDRESS = 0x00ffffffffffffffffffffffffffffffffffffffff;

    /// @dev What the forms have in common, in the header's word, which holds the first of a command too: no
    /// addresses declared, cells without a length, leads and opcodes that differ in one bit; and zero for
    /// the index of the token, the highest byte of an amount.
    uint256 private constant USDC_E_BIT = (ONLY_WPOL ^ ONLY_USDC_E) << HEADER_TOKENS_SHIFT;
    uint256 private constant HEAD_SHIFT = HEADER_TOKENS_SHIFT - 8;
    uint256 private constant V2_BIT = (OP_V2_RUN ^ OP_CYCLE_RUN) << HEAD_SHIFT;
    uint256 private constant FORM_MASK =
        (0xffffffffff << (HEADER_TOKENS_SHIFT - 32)) ^ V2_BIT ^ USDC_E_BIT;
    uint256 private constant FORM = ((ONLY_WPOL & ONLY_USDC_E) << HEADER_TOKENS_SHIFT)
        | ((OP_V2_RUN & OP_CYCLE_RUN) << HEAD_SHIFT);

    uint256 private constant COMMAND_AT = TOKENS_AT + 1;
    uint256 private constant V2_CELLS_AT = COMMAND_AT + V2_RUN_SIZE;
    uint256 private constant CYCLE_CELLS_AT = COMMAND_AT + CYCLE_RUN_SIZE;
    uint256 private constant OUT = V2_CELL_AMOUNT_OUT_TOP_SHIFT;
    uint256 private constant AMOUNT_LEFT =
        CYCLE_PAIR_AMOUNT_TOP_SHIFT - (HEADER_TOKENS_SHIFT - 8 * CYCLE_RUN_SIZE);
    uint256 private constant USDC_E_FLAG_SHIFT = 160 - (HEADER_TOKENS_SHIFT + 7);

    /// @dev Does all of a program in such a form and ends the call; comes back where it has another.
    function attempt(uint256 header) internal {
        if (header & FORM_MASK == FORM) {
            uint256 token = uint160(WPOL);
            if (header & USDC_E_BIT != 0) token = uint160(USDC_E);
            uint256 native = address(this).balance;
            uint256 before;
            bool noted;
            assembly ("memory-safe") {
                mstore(0x00, BALANCE_OF) // selector at 0x1c
                mstore(0x20, address()) // nothing overwrites the two
                noted := staticcall(gas(), token, 0x1c, 0x24, 0x80, 0x20)
                before := mload(0x80) // both tokens return a word
            }
            if (header & V2_BIT != 0) _swapV2(header, token);
            else _swapCycle(header);
            uint256 least = ProgramHeader.minProfit(header);
            assembly ("memory-safe") {
                let ok := and(staticcall(gas(), token, 0x1c, 0x24, 0x80, 0x20), noted)
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

    /// @dev Pays the first pair and swaps through the cells, as `UniswapV2Run.swap`.
    function _swapV2(uint256 header, uint256 token) private {
        (uint256 cellsAt, uint256 at) = (V2_CELLS_AT, V2_CELLS_AT + 0x20);
        uint256 amount = header >> (HEADER_TOKENS_SHIFT - 8 * (V2_RUN_AMOUNT_IN_AT + 12));
        bool whole;
        bool ok;
        assembly ("memory-safe") {
            // at least one cell and no part of one: what is negative has high bits too
            whole := iszero(and(sub(calldatasize(), at), not(0xffe0)))
        }
        if (!whole) revert IArbitrageExecutor.TruncatedProgram(COMMAND_AT);
        uint256 cell;
        assembly ("memory-safe") {
            tstore(0, 1) // CallbackGuard.spend
            mstore(0x80, TRANSFER) // selector at 0x9c
            mstore(0xa0, and(calldataload(cellsAt), ADDRESS))
            mstore(0xc0, and(amount, 0xffffffffffffffffffffffff))
            ok := call(gas(), token, 0, 0x9c, 0x44, 0x80, 0x20)
            // exactly true, as both tokens return it; or the selector is still there
            ok := and(eq(mload(0x80), 1), ok)
        }
        if (!ok) revert IArbitrageExecutor.TokenCallFailed(address(uint160(token)));
        assembly ("memory-safe") {
            mstore(0x80, V2_SWAP) // selector at 0x9c
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
                    let out := shr(OUT, shl(sub(OUT, V2_CELL_AMOUNT_OUT_SHIFT), cell))
                    let out1 := mul(out, shr(V2_CELL_ZERO_FOR_ONE_SHIFT, cell))
                    mstore(0xa0, sub(out, out1)) // amount0Out
                    mstore(0xc0, out1) // amount1Out
                }
                mstore(0xe0, and(behind, ADDRESS)) // to the next pair, or to us
                // a call takes the lowest 160 bits of its word
                ok := call(gas(), cell, 0, 0x9c, 0xa4, 0x00, 0x00)
                if iszero(gt(ok, eq(place, last))) { break } // it failed, or was the last
                cell := behind
            }
        }
        if (!ok) Reverts.hopFailed(address(uint160(cell & ADDRESS)));
    }

    /// @dev Begins the cycle, as `CycleRun.swap`.
    function _swapCycle(uint256 header) private {
        uint256 flag = (header & USDC_E_BIT) << USDC_E_FLAG_SHIFT;
        int256 amount = int256(header << AMOUNT_LEFT) >> CYCLE_PAIR_AMOUNT_TOP_SHIFT;
        CycleRun.run(flag, uint256(amount), CYCLE_CELLS_AT, msg.data.length, COMMAND_AT);
    }
}
