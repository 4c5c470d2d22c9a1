// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {CallbackGuard} from "../libraries/CallbackGuard.sol";
import {DeclaredTokens} from "../libraries/DeclaredTokens.sol";
import {Payments} from "../libraries/Payments.sol";
import {
    RECIPIENT_MASK,
    RECIPIENT_SHIFT,
    TO_CALLER,
    V3_RUN_AMOUNT_OUT_AT,
    V3_RUN_AMOUNT_OUT_SHIFT,
    V3_RUN_CELLS_LENGTH_AT,
    V3_RUN_CELLS_LENGTH_SHIFT,
    V3_RUN_DIRECTIONS_AT,
    V3_RUN_SIZE,
    V3_RUN_TOKEN_AT
} from "../libraries/Program.sol";
import {Reverts} from "../libraries/Reverts.sol";
import {TokenCalls} from "../libraries/TokenCalls.sol";

/// @dev A chain of Uniswap V3 pools in reverse: each callback swaps on the pool of the next cell for
/// what the one that calls back asks, and the last one's is paid. All of them are bound at once, by the
/// hash of the data that every pool is given and must give back:
///
/// | byte | what |
/// |---|---|
/// | 0 | 0xc0, which no declaration begins with, plus the place of the cell whose pool may call back |
/// | 1 | directions, 2 bytes |
/// | 3 | highest payment, 12 bytes |
/// | 15 | the token that is paid, 20 bytes |
/// | 35 | the pools, 20 bytes each |
///
/// The hash is that of place 0. A callback before the last only passes on what it is asked: none of
/// them moves anything of ours, so none spends the word. The payment does, and so happens once.
library UniswapV3Run {
    uint256 private constant SWAP = 0x128acb08; // swap(address,bool,int256,uint160,bytes)
    uint256 private constant MIN_PRICE = 4295128740; // TickMath.MIN_SQRT_RATIO + 1
    uint256 private constant MAX_PRICE = 1461446703485210103287273052203988822378723970341;

    uint256 private constant MARK = 0xc0;
    uint256 private constant POOL_SIZE = 20;
    uint256 private constant MOST_POOLS_SIZE = 320;

    /// @dev Runs the command `v3_run` in its usual forms; returns the offset behind it, or zero where
    /// the loop has to look closer: it goes to the next pool or to an address, or is malformed.
    function swapFast(uint256 cursor, uint256 end, uint256 frame) internal returns (uint256 next) {
        address to;
        uint256 start;
        assembly ("memory-safe") {
            start := add(cursor, V3_RUN_SIZE) // cannot wrap: the cursor lies within calldata
            let size := calldataload(add(cursor, V3_RUN_CELLS_LENGTH_AT))
            size := shr(V3_RUN_CELLS_LENGTH_SHIFT, size)
            next := add(start, size) // at most 2^16 further
            if iszero(size) { next := end } // the rest of this stream
            to := address() // TO_SELF
            let target := and(shr(RECIPIENT_SHIFT, byte(0, calldataload(cursor))), RECIPIENT_MASK)
            if target { to := mul(mload(add(frame, 0x20)), eq(target, TO_CALLER)) }
            if or(or(gt(start, end), gt(next, end)), iszero(to)) { next := 0 }
        }
        if (next == 0) return 0;
        swap(cursor, to, start, next, frame);
        if (CallbackGuard.isMissing(next, end, frame)) {
            revert IArbitrageExecutor.CallbackMissing(firstPool(start));
        }
    }

    /// @dev Runs the command `v3_run`, whose cells are calldata [start, next).
    function swap(uint256 cursor, address to, uint256 start, uint256 next, uint256 frame) internal {
        uint256 index;
        assembly ("memory-safe") {
            index := byte(V3_RUN_TOKEN_AT, calldataload(cursor))
        }
        swapFor(DeclaredTokens.at(index, frame), cursor, to, start, next);
    }

    /// @dev The same, paid with `token`.
    function swapFor(address token, uint256 cursor, address to, uint256 start, uint256 next)
        internal
    {
        uint256 size;
        bool whole;
        assembly ("memory-safe") {
            size := sub(next, start) // whoever calls has compared them
            whole := and(iszero(mod(size, POOL_SIZE)), lt(sub(size, 1), MOST_POOLS_SIZE))
        }
        if (!whole) revert IArbitrageExecutor.TruncatedProgram(cursor);
        address pool;
        bool ok;
        assembly ("memory-safe") {
            let message := mload(0x40) // free memory, which each command overwrites
            mstore(add(message, 0xe3), token) // data from 0xe0 on; zeros before it are overwritten
            let terms := shr(144, calldataload(add(cursor, V3_RUN_DIRECTIONS_AT))) // and `max_in`
            mstore(add(message, 0xcf), or(shl(112, MARK), terms)) // ends in byte 14 of the data
            calldatacopy(add(message, 0x103), start, size)
            size := add(size, 35)
            mstore(add(message, 0xc0), size)
            tstore(0, keccak256(add(message, 0xe0), size)) // CallbackGuard's word
            let zeroForOne := and(shr(96, terms), 1) // the lowest of the directions
            let amount := calldataload(add(cursor, V3_RUN_AMOUNT_OUT_AT))
            mstore(message, SWAP) // selector at message + 0x1c
            mstore(add(message, 0x20), to)
            mstore(add(message, 0x40), zeroForOne)
            mstore(add(message, 0x60), sub(0, shr(V3_RUN_AMOUNT_OUT_SHIFT, amount))) // exact output
            // no price limit of its own: the settlement judges the whole run
            mstore(add(message, 0x80), xor(MAX_PRICE, mul(zeroForOne, xor(MAX_PRICE, MIN_PRICE))))
            mstore(add(message, 0xa0), 0xa0) // offset of `data`
            pool := shr(96, calldataload(start))
            ok := call(gas(), pool, 0, add(message, 0x1c), add(0xc4, size), 0x00, 0x00)
        }
        if (!ok) Reverts.hopFailed(pool);
    }

    /// @dev Whom the command whose cells begin at `start` calls.
    function firstPool(uint256 start) internal pure returns (address pool) {
        assembly ("memory-safe") {
            pool := shr(96, calldataload(start))
        }
    }

    /// @dev Whether the data of this callback, in the place where a pool's encoder puts them, are a
    /// run's.
    function isNext() internal pure returns (bool found) {
        assembly ("memory-safe") {
            found := eq(shr(254, calldataload(0x84)), 3) // the highest bits of MARK
        }
    }

    /// @dev Answers the callback of one of the run's pools: swaps on the next, or pays. Nothing has been
    /// allocated in this call and nothing will be, unless it fails: the message is built from 0 on.
    function proceed() internal {
        bool armed;
        assembly ("memory-safe") {
            let size := calldataload(0x64) // a length that lies costs its sender's gas
            calldatacopy(0xe0, 0x84, size) // the message's data
            mstore8(0xe0, MARK)
            armed := eq(tload(0), keccak256(0xe0, size)) // this very run
        }
        if (!armed) revert IArbitrageExecutor.UnexpectedCallback(msg.sender);
        bool failed;
        uint256 pool;
        assembly ("memory-safe") {
            let size := calldataload(0x64)
            let first := calldataload(0x84)
            let mark := byte(0, first) // MARK and place, as `isNext` has found
            let at := sub(mul(POOL_SIZE, mark), 0xe59) // of its cell: 0xa7 for place 0
            let behind := sub(add(0x70, size), at) // bytes of the cells behind it
            // by a pool of it; a place beyond makes `behind` negative
            armed := and(eq(caller(), shr(96, calldataload(at))), lt(behind, size))
            if gt(armed, iszero(behind)) {
                mstore8(0xe0, add(mark, 1)) // the next place
                mstore(0xc0, size)
                mstore(0xa0, 0xa0) // offset of `data`
                // the direction of the next place: bit 0 of them is bit 40 above MARK of the word
                let zeroForOne := and(shr(add(mark, 41), first), 1)
                mstore(0x80, xor(MAX_PRICE, mul(zeroForOne, xor(MAX_PRICE, MIN_PRICE))))
                // exact output: the greater of both amounts
                let greater := sgt(calldataload(0x24), calldataload(0x04))
                mstore(0x60, sub(0, calldataload(add(0x04, shl(5, greater)))))
                mstore(0x40, zeroForOne)
                mstore(0x20, caller()) // the recipient
                mstore(0x00, SWAP) // selector at 0x1c
                pool := calldataload(add(at, 8)) // ends with the next cell; a call takes 160 bits
                if call(gas(), pool, 0, 0x1c, add(0xc4, size), 0x00, 0x00) { stop() }
                failed := 1
                mstore(0x40, 0x80) // free memory
                mstore(0x60, 0) // zero, as the compiler expects
            }
        }
        if (failed) Reverts.hopFailed(address(uint160(pool & type(uint160).max)));
        if (!armed) revert IArbitrageExecutor.UnexpectedCallback(msg.sender);
        _pay();
    }

    /// @dev Pays the last pool.
    function _pay() private {
        CallbackGuard.spend();
        address token;
        uint256 most;
        uint256 amount;
        bool usual;
        assembly ("memory-safe") {
            token := shr(96, calldataload(0x93))
            most := shr(160, calldataload(0x87))
            let greater := sgt(calldataload(0x24), calldataload(0x04))
            amount := calldataload(add(0x04, shl(5, greater)))
            usual := lt(sub(amount, 1), most) // neither nothing nor too much
        }
        if (usual) TokenCalls.transfer(token, msg.sender, amount);
        else Payments.payAsked(token, Payments.askedNow(), most); // says what is wrong
    }
}
