// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {Authority} from "../libraries/Authority.sol";
import {DeclaredTokens} from "../libraries/DeclaredTokens.sol";
import {
    ALL_BUT,
    CURVE_AMOUNT_IN_AT,
    CURVE_AMOUNT_IN_SHIFT,
    CURVE_INDICES_AT,
    CURVE_INDICES_SHIFT,
    CURVE_NG_AMOUNT_IN_AT,
    CURVE_NG_AMOUNT_IN_SHIFT,
    CURVE_POOL_AT,
    CURVE_POOL_SHIFT,
    CURVE_TOKEN_AT,
    CURVE_TOKEN_SHIFT
} from "../libraries/Program.sol";
import {Reverts} from "../libraries/Reverts.sol";
import {TokenCalls} from "../libraries/TokenCalls.sol";

/// @dev Curve StableSwap pools. Older ones pull their input by allowance, which only pools that the
/// owner has listed one by one are given; next-generation ones take what has been delivered.
library CurveStableSwap {
    uint256 private constant EXCHANGE = 0x3df02124; // exchange(int128,int128,uint256,uint256)
    // exchange_received(int128,int128,uint256,uint256,address)
    uint256 private constant EXCHANGE_RECEIVED = 0xafb43012;

    /// @dev Runs the command `curve`.
    function exchange(uint256 cursor, uint256 frame) internal {
        uint256 index;
        uint256 amount;
        assembly ("memory-safe") {
            index := shr(CURVE_TOKEN_SHIFT, calldataload(add(cursor, CURVE_TOKEN_AT)))
            amount := shr(CURVE_AMOUNT_IN_SHIFT, calldataload(add(cursor, CURVE_AMOUNT_IN_AT)))
        }
        address pool = _pool(cursor);
        if (!Authority.isListed(pool)) revert IArbitrageExecutor.UnlistedPool(pool);
        address token = DeclaredTokens.at(index, frame);
        if (amount >= ALL_BUT) amount = DeclaredTokens.allBut(amount, token, cursor);
        TokenCalls.approve(token, pool, amount);
        _call(pool, _message(cursor, EXCHANGE, amount), 0x84);
        TokenCalls.requireNoAllowance(token, pool);
    }

    /// @dev Runs the command `curve_ng`.
    function exchangeReceived(uint256 cursor, address to) internal {
        uint256 amount;
        assembly ("memory-safe") {
            amount := calldataload(add(cursor, CURVE_NG_AMOUNT_IN_AT))
            amount := shr(CURVE_NG_AMOUNT_IN_SHIFT, amount)
        }
        uint256 message = _message(cursor, EXCHANGE_RECEIVED, amount);
        assembly ("memory-safe") {
            mstore(add(message, 0xa0), to)
        }
        _call(_pool(cursor), message, 0xa4);
    }

    /// @dev The pool of either command: both have it, and the coins' places, in the same places.
    function _pool(uint256 cursor) private pure returns (address pool) {
        assembly ("memory-safe") {
            pool := shr(CURVE_POOL_SHIFT, calldataload(add(cursor, CURVE_POOL_AT)))
        }
    }

    /// @dev Builds a call of four words in free memory, which each command overwrites.
    function _message(uint256 cursor, uint256 selector, uint256 amount)
        private
        pure
        returns (uint256 message)
    {
        assembly ("memory-safe") {
            message := mload(0x40)
            let indices := shr(CURVE_INDICES_SHIFT, calldataload(add(cursor, CURVE_INDICES_AT)))
            mstore(message, selector) // at message + 0x1c
            mstore(add(message, 0x20), shr(4, indices)) // the coin that is sold
            mstore(add(message, 0x40), and(indices, 0x0f)) // the coin that is bought
            mstore(add(message, 0x60), amount)
            mstore(add(message, 0x80), 0) // no minimum: the settlement judges the whole run
        }
    }

    function _call(address pool, uint256 message, uint256 size) private {
        bool ok;
        assembly ("memory-safe") {
            ok := call(gas(), pool, 0, add(message, 0x1c), size, 0x00, 0x00)
        }
        if (!ok) Reverts.hopFailed(pool);
    }
}
