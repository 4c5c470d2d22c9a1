// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {V2_SWAP} from "../interfaces/Calls.sol";
import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {DeclaredTokens} from "../libraries/DeclaredTokens.sol";
import {
    RECIPIENT_MASK,
    RECIPIENT_SHIFT,
    TO_CALLER,
    V2_CELL_AMOUNT_OUT_SHIFT,
    V2_CELL_AMOUNT_OUT_TOP_SHIFT,
    V2_CELL_ZERO_FOR_ONE_SHIFT,
    V2_RUN_AMOUNT_IN_AT,
    V2_RUN_AMOUNT_IN_SHIFT,
    V2_RUN_CELLS_LENGTH_AT,
    V2_RUN_CELLS_LENGTH_SHIFT,
    V2_RUN_SIZE,
    V2_RUN_TOKEN_AT
} from "../libraries/Program.sol";
import {Reverts} from "../libraries/Reverts.sol";
import {TokenCalls} from "../libraries/TokenCalls.sol";

/// @dev A chain of Uniswap V2 pairs: a payment to the first, then a swap a cell, each of which
/// delivers to the pair of the cell behind it. A cell is one calldata word:
///
/// | bits | what |
/// |---|---|
/// | 255 | zero for one |
/// | 160 to 254 | exact output |
/// | 0 to 159 | the pair |
library UniswapV2Run {
    uint256 private constant OUT = V2_CELL_AMOUNT_OUT_TOP_SHIFT;

    /// @dev Runs the command `v2_run` in its usual forms; returns the offset behind it, or zero where
    /// the loop has to look closer: it goes to the next pool or to an address, or is malformed.
    function swapFast(uint256 cursor, uint256 end, uint256 frame) internal returns (uint256 next) {
        address to;
        uint256 start;
        assembly ("memory-safe") {
            start := add(cursor, V2_RUN_SIZE) // cannot wrap: the cursor lies within calldata
            let size := calldataload(add(cursor, V2_RUN_CELLS_LENGTH_AT))
            size := shr(V2_RUN_CELLS_LENGTH_SHIFT, size)
            next := add(start, size) // at most 2^16 further
            if iszero(size) { next := end } // the rest of this stream
            to := address() // TO_SELF
            let target := and(shr(RECIPIENT_SHIFT, byte(0, calldataload(cursor))), RECIPIENT_MASK)
            if target { to := mul(mload(add(frame, 0x20)), eq(target, TO_CALLER)) }
            if or(or(gt(start, end), gt(next, end)), iszero(to)) { next := 0 }
        }
        if (next != 0) swap(cursor, to, start, next, frame);
    }

    /// @dev Runs the command `v2_run`, whose cells are calldata [start, next).
    function swap(uint256 cursor, address to, uint256 start, uint256 next, uint256 frame) internal {
        uint256 index;
        assembly ("memory-safe") {
            index := byte(V2_RUN_TOKEN_AT, calldataload(cursor))
        }
        swapFor(DeclaredTokens.at(index, frame), cursor, to, start, next);
    }

    /// @dev The same, paid with `token`.
    function swapFor(address token, uint256 cursor, address to, uint256 start, uint256 next)
        internal
    {
        uint256 amount;
        address pair;
        bool ok;
        assembly ("memory-safe") {
            let size := sub(next, start) // whoever calls has compared them
            ok := gt(iszero(and(size, 0x1f)), iszero(size)) // one whole cell or more
            amount := shr(V2_RUN_AMOUNT_IN_SHIFT, calldataload(add(cursor, V2_RUN_AMOUNT_IN_AT)))
            pair := shr(96, shl(96, calldataload(start)))
        }
        if (!ok) revert IArbitrageExecutor.TruncatedProgram(cursor);
        TokenCalls.transfer(token, pair, amount);
        swapThrough(to, start, next);
    }

    /// @dev Swaps through the cells in calldata [start, next).
    function swapThrough(address to, uint256 start, uint256 next) internal {
        bool ok;
        address pair;
        assembly ("memory-safe") {
            let message := mload(0x40) // free memory, which each command overwrites
            mstore(message, V2_SWAP) // selector at message + 0x1c
            mstore(add(message, 0x80), 0x80) // offset of `data`
            mstore(add(message, 0xa0), 0) // its length
            let place := add(message, 0xc0) // of a cell, in memory
            calldatacopy(place, start, sub(next, start))
            let last := add(place, sub(next, start))
            mstore(last, to) // as a cell behind the last one
            let cell := mload(place)
            for {} 1 {} {
                place := add(place, 0x20)
                let behind := mload(place)
                {
                    let out := shr(OUT, shl(sub(OUT, V2_CELL_AMOUNT_OUT_SHIFT), cell))
                    let out1 := mul(out, shr(V2_CELL_ZERO_FOR_ONE_SHIFT, cell))
                    mstore(add(message, 0x20), sub(out, out1)) // amount0Out
                    mstore(add(message, 0x40), out1) // amount1Out
                }
                mstore(add(message, 0x60), shr(96, shl(96, behind))) // an address alone
                // a call takes the lowest 160 bits of its word
                ok := call(gas(), cell, 0, add(message, 0x1c), 0xa4, 0x00, 0x00)
                if iszero(gt(ok, eq(place, last))) { break } // it failed, or was the last
                cell := behind
            }
            pair := shr(96, shl(96, cell)) // of the last swap
        }
        if (!ok) Reverts.hopFailed(pair);
    }
}
