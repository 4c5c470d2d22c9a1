// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {MixedRun} from "../venues/MixedRun.sol";
import {UniswapV3Run} from "../venues/UniswapV3Run.sol";
import {DeclaredTokens} from "./DeclaredTokens.sol";
import {
    HEADER_TOKENS_SHIFT,
    MIXED_RUN_POOLS_AT,
    MIXED_RUN_SIZE,
    ONLY_USDC_E,
    ONLY_WPOL,
    OP_MIXED_RUN,
    OP_V2_RUN,
    OP_V3_RUN,
    TOKENS_AT,
    USDC_E,
    V2_RUN_AMOUNT_IN_AT,
    V2_RUN_SIZE,
    V3_RUN_SIZE,
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
    uint256 private constant BALANCE_OF = 0x70a08231; // balanceOf(address)
    uint256 private constant TRANSFER = 0xa9059cbb; // transfer(address,uint256)
    uint256 private constant V2_SWAP = 0x022c0d9f; // swap(uint256,uint256,address,bytes)
    uint256 private constant V3_SWAP = 0x128acb08; // swap(address,bool,int256,uint160,bytes)
    uint256 private constant MIN_PRICE = 4295128740; // TickMath.MIN_SQRT_RATIO + 1
    uint256 private constant MAX_PRICE = 1461446703485210103287273052203988822378723970341;
    uint256 private constant ADDRESS = 0x00ffffffffffffffffffffffffffffffffffffffff;

    /// @dev What the forms have in common, in the header's word, which holds the first of a command too: no
    /// addresses declared, cells without a length, leads that differ in one bit and opcodes that differ in
    /// two; and zero for the index of the token, the highest byte of an amount.
    uint256 private constant USDC_E_BIT = (ONLY_WPOL ^ ONLY_USDC_E) << HEADER_TOKENS_SHIFT;
    uint256 private constant HEAD_SHIFT = HEADER_TOKENS_SHIFT - 8;
    uint256 private constant V2 = OP_V2_RUN << HEAD_SHIFT;
    uint256 private constant V3 = OP_V3_RUN << HEAD_SHIFT;
    uint256 private constant MIXED = OP_MIXED_RUN << HEAD_SHIFT;
    uint256 private constant KIND = V2 | V3 | MIXED;
    uint256 private constant FORM_MASK =
        (0xffffffffff << (HEADER_TOKENS_SHIFT - 32)) ^ KIND ^ USDC_E_BIT;
    uint256 private constant FORM = (ONLY_WPOL & ONLY_USDC_E) << HEADER_TOKENS_SHIFT;

    uint256 private constant COMMAND_AT = TOKENS_AT + 1;
    uint256 private constant V2_CELLS_AT = COMMAND_AT + V2_RUN_SIZE;
    uint256 private constant V3_CELLS_AT = COMMAND_AT + V3_RUN_SIZE;
    uint256 private constant MIXED_CELLS_AT = COMMAND_AT + MIXED_RUN_SIZE;

    /// @dev Does all of a program in such a form and ends the call; comes back where it has another.
    function attempt(uint256 header) internal {
        if (header & FORM_MASK == FORM) {
            uint256 token = uint160(WPOL);
            if (header & USDC_E_BIT != 0) token = uint160(USDC_E);
            uint256 native = address(this).balance;
            uint256 before;
            bool ok;
            assembly ("memory-safe") {
                mstore(0x00, BALANCE_OF) // selector at 0x1c
                mstore(0x20, address()) // nothing overwrites the two
                ok := staticcall(gas(), token, 0x1c, 0x24, 0x80, 0x20)
                before := mload(0x80) // both tokens return a word
            }
            if (~header & V2 == 0) _swapV2(header, token, ok);
            else if (header & V3 != 0) _swapV3(header, token, ok);
            else _swapMixed(header, token, ok);
            uint256 least = ProgramHeader.minProfit(header);
            assembly ("memory-safe") {
                ok := staticcall(gas(), token, 0x1c, 0x24, 0x80, 0x20)
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
    function _swapV2(uint256 header, uint256 token, bool ok) private {
        (uint256 cellsAt, uint256 at) = (V2_CELLS_AT, V2_CELLS_AT + 0x20);
        uint256 over = V2_CELLS_AT % 0x20;
        uint256 amount = header >> (HEADER_TOKENS_SHIFT - 8 * (V2_RUN_AMOUNT_IN_AT + 12));
        bool whole;
        assembly ("memory-safe") {
            let ragged := xor(and(calldatasize(), 0x1f), over)
            whole := iszero(or(ragged, lt(calldatasize(), at)))
        }
        if (!whole) revert IArbitrageExecutor.TruncatedProgram(COMMAND_AT);
        uint256 cell;
        assembly ("memory-safe") {
            tstore(0, 1) // CallbackGuard.spend
            mstore(0x80, TRANSFER) // selector at 0x9c
            mstore(0xa0, and(calldataload(cellsAt), ADDRESS))
            mstore(0xc0, and(amount, 0xffffffffffffffffffffffff))
            ok := and(call(gas(), token, 0, 0x9c, 0x44, 0x80, 0x20), ok)
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
                    let out := shr(161, shl(1, cell))
                    let out1 := mul(out, shr(255, cell)) // zero for one
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

    /// @dev Binds the run and swaps on its first pool, as `UniswapV3Run.swap`.
    function _swapV3(uint256 header, uint256 token, bool ok) private {
        uint256 cellsAt = V3_CELLS_AT;
        uint256 bought = (header >> (HEADER_TOKENS_SHIFT - 8 * V3_RUN_SIZE)) & type(uint96).max;
        bool whole;
        assembly ("memory-safe") {
            let size := sub(calldatasize(), cellsAt)
            whole := lt(mod(size, 21), gt(calldatasize(), cellsAt))
            // an amount that makes terms, and a direction
            whole := gt(whole, or(lt(bought, 2), gt(byte(0, calldataload(cellsAt)), 1)))
        }
        if (!whole) {
            if (bought < 2) revert IArbitrageExecutor.BadAmount(COMMAND_AT);
            revert IArbitrageExecutor.TruncatedProgram(COMMAND_AT);
        }
        uint256 cell = UniswapV3Run.bind(token, bought, V3_CELLS_AT, msg.data.length);
        bool swapped;
        assembly ("memory-safe") {
            let zeroForOne := shr(160, cell)
            mstore(0x80, V3_SWAP) // selector at 0x9c
            mstore(0xa0, address())
            mstore(0xc0, zeroForOne)
            mstore(0xe0, sub(0, bought)) // exact output
            // no price limit of its own: the settlement judges the whole run
            mstore(0x100, xor(MAX_PRICE, mul(zeroForOne, xor(MAX_PRICE, MIN_PRICE))))
            mstore(0x120, 0xa0) // offset of `data`, whose length at 0x140 is zero
            // a call takes the lowest 160 bits of its word
            swapped := and(call(gas(), cell, 0, 0x9c, 0xc4, 0x00, 0x00), ok)
        }
        if (!swapped) {
            if (!ok) revert IArbitrageExecutor.TokenCallFailed(address(uint160(token)));
            Reverts.hopFailed(address(uint160(cell & ADDRESS)));
        }
    }

    /// @dev Binds the run and has its first pool swap, as `MixedRun.swap`; or does nothing, where no command
    /// is.
    function _swapMixed(uint256 header, uint256 token, bool ok) private {
        uint256 pools = (header >> (HEADER_TOKENS_SHIFT - 8 * (MIXED_RUN_POOLS_AT + 1))) & 0xff;
        uint256 paid = (header >> (HEADER_TOKENS_SHIFT - 8 * MIXED_RUN_POOLS_AT)) & type(uint96).max;
        if (!ok) revert IArbitrageExecutor.TokenCallFailed(address(uint160(token)));
        if (header & MIXED != 0) {
            MixedRun.run(token, paid, MIXED_CELLS_AT, pools, msg.data.length, COMMAND_AT);
        } else if (msg.data.length > COMMAND_AT) {
            revert IArbitrageExecutor.UnknownCommand(0, COMMAND_AT);
        }
    }
}
