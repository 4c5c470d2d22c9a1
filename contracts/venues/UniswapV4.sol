// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {MAX_PRICE, MIN_PRICE} from "../interfaces/Calls.sol";
import {
    POOL_MANAGER,
    V4_SWAP_AMOUNT_IN_AT,
    V4_SWAP_AMOUNT_IN_SHIFT,
    V4_SWAP_CURRENCY0_AT,
    V4_SWAP_CURRENCY0_SHIFT,
    V4_SWAP_CURRENCY1_AT,
    V4_SWAP_CURRENCY1_SHIFT,
    V4_SWAP_FEE_AT,
    V4_SWAP_FEE_SHIFT,
    V4_SWAP_TICK_SPACING_AT,
    V4_SWAP_TICK_SPACING_SHIFT,
    V4_SYNC_CURRENCY_AT,
    V4_SYNC_CURRENCY_SHIFT,
    V4_TAKE_AMOUNT_AT,
    V4_TAKE_AMOUNT_SHIFT,
    V4_TAKE_CURRENCY_AT,
    V4_TAKE_CURRENCY_SHIFT,
    ZERO_FOR_ONE_SHIFT
} from "../libraries/Program.sol";
import {Reverts} from "../libraries/Reverts.sol";

/// @dev Uniswap V4's pool manager while it is unlocked. Swaps move only what it notes as owed; tokens
/// move by `take`, and by `sync`, a delivery, `settle`. A key never names hooks. Nothing here mints or
/// burns claims, or names an operator.
library UniswapV4 {
    // swap((address,address,uint24,int24,address),(bool,int256,uint160),bytes)
    uint256 private constant SWAP = 0xf3cd914c;
    uint256 private constant TAKE = 0x0b0d9c09; // take(address,address,uint256)
    uint256 private constant SYNC = 0xa5841194; // sync(address)
    uint256 private constant SETTLE = 0x11da60b4; // settle()

    /// @dev Runs the command `v4_swap`.
    function swap(uint256 head, uint256 cursor) internal {
        uint256 message;
        assembly ("memory-safe") {
            message := mload(0x40) // free memory, which each command overwrites
            mstore(message, SWAP) // selector at message + 0x1c
            let word := calldataload(add(cursor, V4_SWAP_CURRENCY0_AT))
            mstore(add(message, 0x20), shr(V4_SWAP_CURRENCY0_SHIFT, word))
            word := calldataload(add(cursor, V4_SWAP_CURRENCY1_AT))
            mstore(add(message, 0x40), shr(V4_SWAP_CURRENCY1_SHIFT, word))
            word := calldataload(add(cursor, V4_SWAP_FEE_AT))
            mstore(add(message, 0x60), shr(V4_SWAP_FEE_SHIFT, word))
            word := calldataload(add(cursor, V4_SWAP_TICK_SPACING_AT))
            mstore(add(message, 0x80), shr(V4_SWAP_TICK_SPACING_SHIFT, word))
            mstore(add(message, 0xa0), 0) // hooks
            let zeroForOne := shr(ZERO_FOR_ONE_SHIFT, head) // the highest bit of one byte
            mstore(add(message, 0xc0), zeroForOne)
            word := calldataload(add(cursor, V4_SWAP_AMOUNT_IN_AT))
            mstore(add(message, 0xe0), sub(0, shr(V4_SWAP_AMOUNT_IN_SHIFT, word))) // exact input
            let limit := xor(MAX_PRICE, mul(zeroForOne, xor(MAX_PRICE, MIN_PRICE)))
            mstore(add(message, 0x100), limit)
            mstore(add(message, 0x120), 0x120) // offset of `hookData`
            mstore(add(message, 0x140), 0) // its length
        }
        _call(message, 0x144);
    }

    /// @dev Runs the command `v4_take`.
    function take(uint256 cursor, address to) internal {
        uint256 message;
        assembly ("memory-safe") {
            message := mload(0x40)
            mstore(message, TAKE) // selector at message + 0x1c
            let word := calldataload(add(cursor, V4_TAKE_CURRENCY_AT))
            mstore(add(message, 0x20), shr(V4_TAKE_CURRENCY_SHIFT, word))
            mstore(add(message, 0x40), to)
            word := calldataload(add(cursor, V4_TAKE_AMOUNT_AT))
            mstore(add(message, 0x60), shr(V4_TAKE_AMOUNT_SHIFT, word))
        }
        _call(message, 0x64);
    }

    /// @dev Runs the command `v4_sync`.
    function sync(uint256 cursor) internal {
        uint256 message;
        assembly ("memory-safe") {
            message := mload(0x40)
            mstore(message, SYNC) // selector at message + 0x1c
            let word := calldataload(add(cursor, V4_SYNC_CURRENCY_AT))
            mstore(add(message, 0x20), shr(V4_SYNC_CURRENCY_SHIFT, word))
        }
        _call(message, 0x24);
    }

    /// @dev Runs the command `v4_settle`.
    function settle() internal {
        uint256 message;
        assembly ("memory-safe") {
            message := mload(0x40)
            mstore(message, SETTLE) // selector at message + 0x1c
        }
        _call(message, 0x04);
    }

    /// @dev Calls the manager with `size` bytes of a message whose first word ends in its selector.
    function _call(uint256 message, uint256 size) private {
        bool ok;
        assembly ("memory-safe") {
            ok := call(gas(), POOL_MANAGER, 0, add(message, 0x1c), size, 0x00, 0x00)
        }
        if (!ok) Reverts.hopFailed(POOL_MANAGER);
    }
}
