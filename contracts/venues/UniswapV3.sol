// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {MAX_PRICE, MIN_PRICE, V3_SWAP} from "../interfaces/Calls.sol";
import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {CallbackGuard, HASH_BITS} from "../libraries/CallbackGuard.sol";
import {DeclaredTokens} from "../libraries/DeclaredTokens.sol";
import {Nested} from "../libraries/Nested.sol";
import {Payments} from "../libraries/Payments.sol";
import {
    ALL_BUT,
    OPCODE_MASK,
    RECIPIENT_MASK,
    RECIPIENT_SHIFT,
    TAKES_DELIVERY,
    TOKEN_COUNT_MASK,
    TOKEN_SIZE,
    TO_CALLER,
    TO_NEXT,
    V3_AMOUNT_IN_AT,
    V3_AMOUNT_IN_SHIFT,
    V3_NESTED_LENGTH_AT,
    V3_NESTED_LENGTH_SHIFT,
    V3_PAY_AMOUNT_IN_AT,
    V3_PAY_AMOUNT_IN_SHIFT,
    V3_PAY_SIZE,
    V3_PAY_TOKEN_AT,
    V3_PAY_TOKEN_SHIFT,
    V3_POOL_AT,
    V3_POOL_SHIFT,
    V3_SIZE,
    ZERO_FOR_ONE_SHIFT
} from "../libraries/Program.sol";
import {Reverts} from "../libraries/Reverts.sol";

uint256 constant UNISWAP_V3_CALLBACK = 0xfa461e33; // uniswapV3SwapCallback(int256,int256,bytes)
uint256 constant UNISWAP_V3_STATE = 0x3850c7bd; // slot0(), sqrtPriceX96 first

/// @dev Uniswap V3 pools and their forks. A pool sends its output, calls back, and accepts its
/// input only inside that callback: hence each swap carries what delivers its input, a stream or a
/// payment. `callback` is the fork's selector.
library UniswapV3 {
    /// @dev Bytes of the data of a payment: the token, and the most to pay.
    uint256 private constant PAYMENT_SIZE = 0x40;

    /// @dev Runs the command `v3` in its usual forms; returns the offset behind it, or zero where the
    /// loop has to look closer: it goes to an address, or is malformed.
    function swapFast(uint256 cursor, uint256 end, uint256 frame) internal returns (uint256 next) {
        address pool;
        bool ok = true;
        bool missing;
        assembly ("memory-safe") {
            let head := byte(0, calldataload(cursor))
            let start := add(cursor, V3_SIZE) // cannot wrap: the cursor lies within calldata
            let size := shr(V3_NESTED_LENGTH_SHIFT, calldataload(add(cursor, V3_NESTED_LENGTH_AT)))
            next := add(start, size) // at most 2^16 further
            if iszero(size) { next := end } // the rest of this stream
            let to := address() // TO_SELF
            let target := and(shr(RECIPIENT_SHIFT, head), RECIPIENT_MASK)
            if target {
                to := mul(mload(add(frame, 0x20)), eq(target, TO_CALLER))
                if eq(target, TO_NEXT) {
                    // the pool of a command that begins within the stream and takes delivered input
                    let taker := calldataload(next)
                    to := and(shr(and(byte(0, taker), OPCODE_MASK), TAKES_DELIVERY), lt(next, end))
                    to := mul(to, shr(96, shl(8, taker)))
                }
            }
            switch or(or(gt(start, end), gt(next, end)), iszero(to))
            case 1 { next := 0 }
            default {
                pool := shr(V3_POOL_SHIFT, calldataload(add(cursor, V3_POOL_AT)))
                let zeroForOne := shr(ZERO_FOR_ONE_SHIFT, head) // the highest bit of one byte
                let message := mload(0x40) // free memory, which each command overwrites
                mstore(message, V3_SWAP) // selector at message + 0x1c
                mstore(add(message, 0x20), to)
                mstore(add(message, 0x40), zeroForOne)
                let amount := shr(V3_AMOUNT_IN_SHIFT, calldataload(add(cursor, V3_AMOUNT_IN_AT)))
                mstore(add(message, 0x60), amount) // positive: exact input
                let limit := xor(MAX_PRICE, mul(zeroForOne, xor(MAX_PRICE, MIN_PRICE)))
                mstore(add(message, 0x80), limit) // none: the settlement judges the whole run
                mstore(add(message, 0xa0), 0xa0) // offset of `data`
                let tokens := mload(frame) // the tokens byte and its addresses
                let length := and(byte(0, calldataload(tokens)), TOKEN_COUNT_MASK)
                length := add(mul(TOKEN_SIZE, length), 1)
                calldatacopy(add(message, 0xe0), tokens, length)
                size := sub(next, start)
                calldatacopy(add(add(message, 0xe0), length), start, size) // the nested stream
                length := add(length, size)
                // the binding, as `CallbackGuard.arm` writes it
                mstore(add(message, 0xc0), or(shl(32, pool), UNISWAP_V3_CALLBACK))
                let hash := keccak256(add(message, 0xc0), add(length, 0x20))
                tstore(0, or(HASH_BITS, shr(2, hash)))
                mstore(add(message, 0xc0), length)
                ok := call(gas(), pool, 0, add(message, 0x1c), add(0xc4, length), 0x00, 0x00)
                // as `CallbackGuard.isMissing` reads it
                if or(lt(next, end), iszero(mload(add(frame, 0x20)))) {
                    missing := xor(tload(0), 1)
                }
            }
        }
        if (!ok) Reverts.hopFailed(pool);
        if (missing) revert IArbitrageExecutor.CallbackMissing(pool);
    }

    /// @dev Runs the command `v3_pay` in its usual forms; returns the offset behind it, or zero where
    /// the loop has to look closer: it goes to an address, or pays all but something, or is malformed.
    function swapAndPayFast(uint256 cursor, uint256 end, uint256 frame)
        internal
        returns (uint256 next)
    {
        uint256 amount;
        uint256 to;
        assembly ("memory-safe") {
            amount := shr(V3_PAY_AMOUNT_IN_SHIFT, calldataload(add(cursor, V3_PAY_AMOUNT_IN_AT)))
            next := add(cursor, V3_PAY_SIZE) // cannot wrap: the cursor lies within calldata
            to := address() // TO_SELF
            let target := and(shr(RECIPIENT_SHIFT, byte(0, calldataload(cursor))), RECIPIENT_MASK)
            if target {
                to := mul(mload(add(frame, 0x20)), eq(target, TO_CALLER))
                if eq(target, TO_NEXT) {
                    // the pool of a command that begins within the stream and takes delivered input
                    let taker := calldataload(next)
                    to := and(shr(and(byte(0, taker), OPCODE_MASK), TAKES_DELIVERY), lt(next, end))
                    to := mul(to, shr(96, shl(8, taker)))
                }
            }
            if or(or(gt(next, end), gt(amount, sub(ALL_BUT, 1))), iszero(to)) { next := 0 }
        }
        if (next == 0) return 0;
        uint256 index;
        assembly ("memory-safe") {
            index := shr(V3_PAY_TOKEN_SHIFT, calldataload(add(cursor, V3_PAY_TOKEN_AT)))
        }
        address token = DeclaredTokens.at(index, frame);
        address pool;
        bool ok;
        bool missing;
        assembly ("memory-safe") {
            pool := shr(V3_POOL_SHIFT, calldataload(add(cursor, V3_POOL_AT)))
            let zeroForOne := shr(255, calldataload(cursor)) // the highest bit of its head
            let message := mload(0x40) // free memory, which each command overwrites
            mstore(message, V3_SWAP) // selector at message + 0x1c
            mstore(add(message, 0x20), to)
            mstore(add(message, 0x40), zeroForOne)
            mstore(add(message, 0x60), amount) // positive: exact input
            let limit := xor(MAX_PRICE, mul(zeroForOne, xor(MAX_PRICE, MIN_PRICE)))
            mstore(add(message, 0x80), limit) // none: the settlement judges the whole run
            mstore(add(message, 0xa0), 0xa0) // offset of `data`
            mstore(add(message, 0xe0), token)
            mstore(add(message, 0x100), amount) // the most to pay
            // the binding, as `CallbackGuard.arm` writes it
            mstore(add(message, 0xc0), or(shl(32, pool), UNISWAP_V3_CALLBACK))
            let hash := keccak256(add(message, 0xc0), 0x60)
            tstore(0, or(HASH_BITS, shr(2, hash)))
            mstore(add(message, 0xc0), PAYMENT_SIZE)
            ok := call(gas(), pool, 0, add(message, 0x1c), 0x104, 0x00, 0x00)
            // as `CallbackGuard.isMissing` reads it
            if or(lt(next, end), iszero(mload(add(frame, 0x20)))) {
                missing := xor(tload(0), 1)
            }
        }
        if (!ok) Reverts.hopFailed(pool);
        if (missing) revert IArbitrageExecutor.CallbackMissing(pool);
    }

    /// @dev Runs the command `v3`.
    function swapIn(
        uint256 head,
        uint256 cursor,
        address to,
        uint256 start,
        uint256 next,
        uint256 frame,
        uint256 callback
    ) internal {
        uint256 message = _message(head, to, _amount(cursor));
        _nested(cursor, message, start, next, frame, callback);
    }

    /// @dev Runs the command `v3_out`: an exact output is a negative amount.
    function swapOut(
        uint256 head,
        uint256 cursor,
        address to,
        uint256 start,
        uint256 next,
        uint256 frame,
        uint256 callback
    ) internal {
        uint256 amount = _amount(cursor);
        assembly ("memory-safe") {
            amount := sub(0, amount) // 128 bits: the sign is right
        }
        _nested(cursor, _message(head, to, amount), start, next, frame, callback);
    }

    /// @dev Runs the command `v3_owed`.
    function swapOwed(
        uint256 head,
        uint256 cursor,
        address to,
        uint256 start,
        uint256 next,
        uint256 frame,
        uint256 callback
    ) internal {
        uint256 amount = Payments.asked(frame);
        if (amount == 0 || amount >= ALL_BUT) {
            revert IArbitrageExecutor.WrongPayment(amount, ALL_BUT - 1);
        }
        assembly ("memory-safe") {
            amount := sub(0, amount) // exact output
        }
        _nested(cursor, _message(head, to, amount), start, next, frame, callback);
    }

    /// @dev Runs the command `v3_pay`.
    function swapAndPay(uint256 head, uint256 cursor, address to, uint256 frame, uint256 callback)
        internal
    {
        uint256 index;
        uint256 amount;
        assembly ("memory-safe") {
            index := shr(V3_PAY_TOKEN_SHIFT, calldataload(add(cursor, V3_PAY_TOKEN_AT)))
            amount := shr(V3_PAY_AMOUNT_IN_SHIFT, calldataload(add(cursor, V3_PAY_AMOUNT_IN_AT)))
        }
        address token = DeclaredTokens.at(index, frame);
        if (amount >= ALL_BUT) amount = DeclaredTokens.allBut(amount, token, cursor);
        uint256 message = _message(head, to, amount);
        assembly ("memory-safe") {
            mstore(add(message, 0xe0), token)
            mstore(add(message, 0x100), amount) // the most to pay
        }
        address pool = _pool(cursor);
        CallbackGuard.arm(pool, callback, message + 0xc0, PAYMENT_SIZE);
        _call(pool, message, PAYMENT_SIZE);
    }

    /// @dev Whether the data at `start` of a callback is a payment: its first byte belongs to an
    /// address in a word, where a tokens byte is never zero.
    function isPayment(uint256 start) internal pure returns (bool found) {
        assembly ("memory-safe") {
            found := iszero(byte(0, calldataload(start)))
        }
    }

    /// @dev Pays the pool that calls back with the data at `start`.
    function pay(uint256 start) internal {
        address token;
        uint256 most;
        assembly ("memory-safe") {
            token := calldataload(start)
            most := calldataload(add(start, 0x20))
        }
        Payments.payAsked(token, Payments.askedNow(), most);
    }

    /// @dev Sends a message whose data is the nested stream in calldata [start, next).
    function _nested(
        uint256 cursor,
        uint256 message,
        uint256 start,
        uint256 next,
        uint256 frame,
        uint256 callback
    ) private {
        address pool = _pool(cursor);
        uint256 length = Nested.arm(pool, callback, message + 0xc0, start, next, frame);
        _call(pool, message, length);
    }

    /// @dev The amount that the commands `v3` and `v3_out` name, in the same place.
    function _amount(uint256 cursor) private pure returns (uint256 amount) {
        assembly ("memory-safe") {
            amount := shr(V3_AMOUNT_IN_SHIFT, calldataload(add(cursor, V3_AMOUNT_IN_AT)))
        }
    }

    /// @dev The pool of any command here: each has it in the same place.
    function _pool(uint256 cursor) private pure returns (address pool) {
        assembly ("memory-safe") {
            pool := shr(V3_POOL_SHIFT, calldataload(add(cursor, V3_POOL_AT)))
        }
    }

    /// @dev Builds a swap in free memory, which each command overwrites; its data is to follow.
    function _message(uint256 head, address to, uint256 amount)
        private
        pure
        returns (uint256 message)
    {
        assembly ("memory-safe") {
            message := mload(0x40)
            let zeroForOne := shr(ZERO_FOR_ONE_SHIFT, head) // the highest bit of one byte
            mstore(message, V3_SWAP) // selector at message + 0x1c
            mstore(add(message, 0x20), to)
            mstore(add(message, 0x40), zeroForOne)
            mstore(add(message, 0x60), amount) // positive: exact input
            // no price limit of its own: the settlement judges the whole run
            mstore(add(message, 0x80), xor(MAX_PRICE, mul(zeroForOne, xor(MAX_PRICE, MIN_PRICE))))
            mstore(add(message, 0xa0), 0xa0) // offset of `data`
        }
    }

    /// @dev Calls the pool with a message that ends in `length` bytes of data.
    function _call(address pool, uint256 message, uint256 length) private {
        bool ok;
        assembly ("memory-safe") {
            ok := call(gas(), pool, 0, add(message, 0x1c), add(0xc4, length), 0x00, 0x00)
        }
        if (!ok) Reverts.hopFailed(pool);
    }
}
