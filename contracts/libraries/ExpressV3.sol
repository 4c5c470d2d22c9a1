// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {CallbackGuard} from "./CallbackGuard.sol";
import {DeclaredTokens} from "./DeclaredTokens.sol";
import {
    TOKENS_AT,
    V3_RUN_AMOUNT_OUT_AT,
    V3_RUN_AMOUNT_OUT_SHIFT,
    V3_RUN_CELLS_LENGTH_AT,
    V3_RUN_CELLS_LENGTH_SHIFT,
    V3_RUN_DIRECTIONS_AT,
    V3_RUN_SIZE
} from "./Program.sol";
import {ProgramHeader} from "./ProgramHeader.sol";
import {Reverts} from "./Reverts.sol";

/// @dev The express form of a `v3_run`, whose callbacks are those of `UniswapV3Run`.
///
/// | memory | what |
/// |---|---|
/// | 0x00 | the token's `balanceOf(this)`, for both ends of the run |
/// | 0x80 | the first swap, and a token's answer |
/// | 0x160 | the run's data |
library ExpressV3 {
    uint256 private constant BALANCE_OF = 0x70a08231; // balanceOf(address)
    uint256 private constant SWAP = 0x128acb08; // swap(address,bool,int256,uint160,bytes)
    uint256 private constant MIN_PRICE = 4295128740; // TickMath.MIN_SQRT_RATIO + 1
    uint256 private constant MAX_PRICE = 1461446703485210103287273052203988822378723970341;
    uint256 private constant MARK = 0xc0;
    uint256 private constant POOL_SIZE = 20;
    uint256 private constant MOST_POOLS_SIZE = 320;

    uint256 private constant COMMAND_AT = TOKENS_AT + 1;
    uint256 private constant AMOUNT_AT = COMMAND_AT + V3_RUN_AMOUNT_OUT_AT;
    uint256 private constant TERMS_AT = COMMAND_AT + V3_RUN_DIRECTIONS_AT;
    uint256 private constant LENGTH_AT = COMMAND_AT + V3_RUN_CELLS_LENGTH_AT;
    uint256 private constant CELLS_AT = COMMAND_AT + V3_RUN_SIZE;

    /// @dev Does all of a program in this form and ends the call; returns where its cells are not whole,
    /// or have a length: the loop looks closer.
    function attempt(uint256 header, uint256 token) internal {
        if (!_isWhole()) return;
        uint256 native = address(this).balance;
        uint256 before = _held(token);
        _swap(token);
        _settle(token, before, native, ProgramHeader.minProfit(header));
    }

    /// @dev Whether the cells are whole, 1 to 16, and have no length.
    function _isWhole() private pure returns (bool whole) {
        (uint256 lengthAt, uint256 cellsAt) = (LENGTH_AT, CELLS_AT);
        assembly ("memory-safe") {
            let size := sub(calldatasize(), cellsAt)
            let length := shr(V3_RUN_CELLS_LENGTH_SHIFT, calldataload(lengthAt))
            whole := lt(sub(size, 1), MOST_POOLS_SIZE)
            whole := gt(whole, or(mod(size, POOL_SIZE), length))
        }
    }

    /// @dev What we hold of the token.
    function _held(uint256 token) private view returns (uint256 before) {
        bool ok;
        assembly ("memory-safe") {
            mstore(0x00, BALANCE_OF) // selector at 0x1c
            mstore(0x20, address()) // nothing overwrites the two
            ok := staticcall(gas(), token, 0x1c, 0x24, 0x80, 0x20)
            before := mload(0x80) // both tokens return a word
        }
        if (!ok) revert IArbitrageExecutor.TokenCallFailed(address(uint160(token)));
    }

    /// @dev Binds the run and swaps on its first pool, as `UniswapV3Run.swapFor`.
    function _swap(uint256 token) private {
        (uint256 amountAt, uint256 termsAt, uint256 cellsAt) = (AMOUNT_AT, TERMS_AT, CELLS_AT);
        uint256 pool;
        bool ok;
        assembly ("memory-safe") {
            mstore(0x163, token) // ends in byte 34 of the data; zeros before it are overwritten
            let terms := shr(144, calldataload(termsAt)) // directions and `max_in`
            mstore(0x14f, or(shl(112, MARK), terms)) // ends in byte 14 of the data
            let size := sub(calldatasize(), cellsAt)
            calldatacopy(0x183, cellsAt, size)
            size := add(size, 35)
            mstore(0x140, size)
            tstore(0, keccak256(0x160, size)) // CallbackGuard's word, and the lock
            let zeroForOne := and(shr(96, terms), 1) // the lowest of the directions
            mstore(0x80, SWAP) // selector at 0x9c
            mstore(0xa0, address())
            mstore(0xc0, zeroForOne)
            let amount := shr(V3_RUN_AMOUNT_OUT_SHIFT, calldataload(amountAt))
            mstore(0xe0, sub(0, amount)) // exact output
            // no price limit of its own: the settlement judges the whole run
            mstore(0x100, xor(MAX_PRICE, mul(zeroForOne, xor(MAX_PRICE, MIN_PRICE))))
            mstore(0x120, 0xa0) // offset of `data`
            pool := shr(96, calldataload(cellsAt))
            ok := call(gas(), pool, 0, 0x9c, add(0xc4, size), 0x00, 0x00)
        }
        if (!ok) Reverts.hopFailed(address(uint160(pool)));
    }

    /// @dev Releases the lock and ends the call, if the callback happened, the token grew by `least` and
    /// POL did not fall.
    function _settle(uint256 token, uint256 before, uint256 native, uint256 least) private {
        uint256 cellsAt = CELLS_AT;
        uint256 pool;
        assembly ("memory-safe") {
            let ok := staticcall(gas(), token, 0x1c, 0x24, 0x80, 0x20)
            let current := mload(0x80)
            let short := or(lt(current, before), lt(sub(current, before), least))
            short := or(short, xor(tload(0), 1)) // or the word is not spent
            if gt(ok, or(short, lt(selfbalance(), native))) {
                tstore(0, 0) // CallbackGuard.release
                stop()
            }
            pool := shr(96, calldataload(cellsAt))
        }
        CallbackGuard.requireSpent(address(uint160(pool)));
        DeclaredTokens.requireGain(address(uint160(token)), before, least);
        DeclaredTokens.requireNative(native);
        revert IArbitrageExecutor.TokenCallFailed(address(uint160(token)));
    }
}
