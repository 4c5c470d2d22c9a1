// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {CallbackGuard} from "../libraries/CallbackGuard.sol";
import {DeclaredTokens} from "../libraries/DeclaredTokens.sol";
import {
    MIXED_RUN_AMOUNT_IN_AT,
    MIXED_RUN_AMOUNT_IN_SHIFT,
    MIXED_RUN_POOLS_AT,
    MIXED_RUN_POOLS_SHIFT
} from "../libraries/Program.sol";
import {Reverts} from "../libraries/Reverts.sol";

/// @dev A cycle of Uniswap V3 pools and V2 pairs with exact inputs. A pool takes its input in its callback
/// only, so the route's last pool is called first, and in each callback the pool before it; the pairs
/// between the two, a section, take what that one gives, one after another, and deliver to the pool that
/// calls back. Cells are words:
///
/// | bits | of a pool | of a pair |
/// |---|---|---|
/// | 255 | set | set |
/// | 254 | zero for one | clear |
/// | 253 | its output goes to a section | zero for one |
/// | 252 | | last of its section |
/// | 160 to 252, 251 | exact input | exact output; what the last one of a callback gives is asked for, besides |
/// | 0 to 159 | the pool | the pair |
///
/// The words of `UniswapV3Run` are given to the pools here too: a pool's is the cell of the one before it
/// in the route, that of the first the terms. The data of a callback are the sections that are left, which
/// no binding covers: whoever calls back is bound, and so is the token and the most that is paid; a pool that
/// changes the data chooses where that goes and no more, as it may when it asks for it itself.
library MixedRun {
    uint256 private constant MARK =
        0x8000000000000000000000000000000000000000000000000000000000000000; // of a cell
    uint256 private constant TRANSFER = 0xa9059cbb; // transfer(address,uint256)
    uint256 private constant V2_SWAP = 0x022c0d9f; // swap(uint256,uint256,address,bytes)
    uint256 private constant V3_SWAP = 0x128acb08; // swap(address,bool,int256,uint160,bytes)
    uint256 private constant MIN_PRICE = 4295128740; // TickMath.MIN_SQRT_RATIO + 1
    uint256 private constant MAX_PRICE = 1461446703485210103287273052203988822378723970341;
    uint256 private constant ADDRESS = 0x00ffffffffffffffffffffffffffffffffffffffff;
    uint256 private constant MOST_PAID = 0x7ffffffffffffffffffffffe; // 2^95 - 2, above 2
    uint256 private constant AMOUNT_IN = 0x1fffffffffffffffffffffff; // 93 bits
    uint256 private constant AMOUNT_OUT = 0x0fffffffffffffffffffffff; // 92 bits

    /// @dev Runs the command `mixed_run`, whose cells are calldata [start, next). What it is done with lies
    /// where messages do; it is put aside meanwhile.
    function swap(uint256 cursor, uint256 start, uint256 next, uint256 frame) internal {
        uint256 pools;
        uint256 paid;
        uint256 aside;
        uint256 size;
        assembly ("memory-safe") {
            pools := shr(MIXED_RUN_POOLS_SHIFT, calldataload(add(cursor, MIXED_RUN_POOLS_AT)))
            paid := shr(
                MIXED_RUN_AMOUNT_IN_SHIFT,
                calldataload(add(cursor, MIXED_RUN_AMOUNT_IN_AT))
            )
            size := sub(mload(0x40), 0x80) // all that has been allocated
            aside := add(mload(0x40), add(0x160, sub(next, start))) // behind the longest message
            mcopy(aside, 0x80, size)
        }
        run(uint160(DeclaredTokens.at(0, frame)), paid, start, pools, next, cursor);
        assembly ("memory-safe") {
            mcopy(0x80, aside, size)
        }
        CallbackGuard.spend();
    }

    /// @dev The same with what the command says, whose messages lie from 0x80 on.
    function run(
        uint256 token,
        uint256 paid,
        uint256 start,
        uint256 pools,
        uint256 next,
        uint256 cursor
    ) internal {
        uint256 first;
        bool whole;
        bool makesTerms;
        assembly ("memory-safe") {
            let size := sub(next, start) // whoever calls has compared them
            whole := gt(lt(shl(5, sub(pools, 1)), size), and(size, 0x1f))
            makesTerms := lt(sub(paid, 2), MOST_PAID)
            first := calldataload(start)
        }
        if (!whole) revert IArbitrageExecutor.TruncatedProgram(cursor);
        if (!makesTerms) revert IArbitrageExecutor.BadAmount(cursor);
        uint256 pairs = bind(token, paid, start, pools);
        _serve(first | MARK, pairs, next, 0, address(this));
    }

    /// @dev Gives each of the pools whose cells begin at calldata `at` its word; returns where they end.
    function bind(uint256 token, uint256 paid, uint256 at, uint256 pools)
        internal
        returns (uint256 end)
    {
        assembly ("memory-safe") {
            end := add(at, shl(5, pools))
            let terms := or(shl(160, paid), token)
            let cell := calldataload(at)
            for {} 1 {} {
                at := add(at, 0x20)
                if iszero(lt(at, end)) { break }
                let before := calldataload(at)
                tstore(and(cell, ADDRESS), or(before, MARK))
                cell := before
            }
            tstore(and(cell, ADDRESS), terms)
            tstore(0, terms) // CallbackGuard's word, and the lock: behind the loop, which a pool of address zero may reach
        }
    }

    /// @dev Answers the callback of a run's pool, whose word is given. Returns whether it was one.
    function answer(uint256 word) internal returns (bool found) {
        assembly ("memory-safe") {
            // no data, or such as no declaration begins with
            let own := or(eq(calldatasize(), 0x84), eq(shr(254, calldataload(0x84)), 2))
            found := and(own, gt(word, ADDRESS))
        }
        if (found) {
            uint256 asked;
            assembly ("memory-safe") {
                let greater := sgt(calldataload(0x24), calldataload(0x04))
                asked := calldataload(add(0x04, shl(5, greater)))
            }
            _serve(word, 0x84, msg.data.length, asked, msg.sender);
        }
    }

    /// @dev Has `to` given what it asks for: by the pool before it, or by the section in calldata from `at` on,
    /// which that pool, or the payment, feeds. What lies behind the section is for the callbacks to come.
    function _serve(uint256 word, uint256 at, uint256 end, uint256 asked, address to) private {
        uint256 behind = at;
        if (word >> 255 == 0) {
            behind = end;
            _pay(word, at);
        } else {
            bool ok;
            assembly ("memory-safe") {
                let recipient := to
                if gt(and(shr(253, word), 1), iszero(lt(at, end))) {
                    recipient := and(calldataload(at), ADDRESS)
                    for {} 1 {} {
                        let last := and(shr(252, calldataload(behind)), 1)
                        behind := add(behind, 0x20)
                        if or(last, iszero(lt(behind, end))) { break }
                    }
                }
                let size := sub(end, behind)
                let zeroForOne := and(shr(254, word), 1)
                mstore(0x80, V3_SWAP) // selector at 0x9c
                mstore(0xa0, recipient)
                mstore(0xc0, zeroForOne)
                mstore(0xe0, and(shr(160, word), AMOUNT_IN)) // positive: exact input
                // no price limit of its own: the settlement judges the whole run
                mstore(0x100, xor(MAX_PRICE, mul(zeroForOne, xor(MAX_PRICE, MIN_PRICE))))
                mstore(0x120, 0xa0) // offset of `data`
                mstore(0x140, size)
                calldatacopy(0x160, behind, size)
                // a call takes the lowest 160 bits of its word
                ok := call(gas(), word, 0, 0x9c, add(0xc4, size), 0x00, 0x00)
            }
            if (!ok) Reverts.hopFailed(address(uint160(word & ADDRESS)));
        }
        if (behind != at) _swap(at, behind, asked, to);
    }

    /// @dev Pays the pair whose cell lies at calldata `at` by the terms.
    function _pay(uint256 terms, uint256 at) private {
        bool bound;
        bool ok;
        assembly ("memory-safe") {
            bound := eq(tload(0), terms)
            if bound {
                tstore(0, 1) // CallbackGuard.spend
                mstore(0x80, TRANSFER) // selector at 0x9c
                mstore(0xa0, and(calldataload(at), ADDRESS))
                mstore(0xc0, shr(160, terms))
                ok := call(gas(), terms, 0, 0x9c, 0x44, 0x80, 0x20)
                // exactly true; a shorter answer leaves the selector's last byte, which is not 1
                if iszero(and(ok, eq(mload(0x80), 1))) {
                    // or no answer at all, from an account that has code
                    ok := and(ok, lt(returndatasize(), iszero(iszero(extcodesize(terms)))))
                }
            }
        }
        if (!bound) revert IArbitrageExecutor.UnexpectedCallback(msg.sender);
        if (!ok) revert IArbitrageExecutor.TokenCallFailed(address(uint160(terms & ADDRESS)));
    }

    /// @dev Swaps through the pairs in calldata [at, end).
    function _swap(uint256 at, uint256 end, uint256 asked, address to) private {
        bool ok;
        uint256 cell;
        assembly ("memory-safe") {
            mstore(0x80, V2_SWAP) // selector at 0x9c
            mstore(0x100, 0x80) // offset of `data`
            mstore(0x120, 0) // its length
            for {} 1 {} {
                cell := calldataload(at)
                at := add(at, 0x20)
                let last := iszero(lt(at, end))
                let target := calldataload(at)
                let out := add(and(shr(160, cell), AMOUNT_OUT), mul(last, asked))
                let out1 := mul(out, and(shr(253, cell), 1)) // zero for one
                mstore(0xa0, sub(out, out1)) // amount0Out
                mstore(0xc0, out1) // amount1Out
                mstore(0xe0, and(xor(target, mul(last, xor(target, to))), ADDRESS))
                ok := call(gas(), cell, 0, 0x9c, 0xa4, 0x00, 0x00)
                if iszero(gt(ok, last)) { break } // it failed, or was the last
            }
        }
        if (!ok) Reverts.hopFailed(address(uint160(cell & ADDRESS)));
    }
}
