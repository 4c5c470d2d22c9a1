// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {Nested} from "../libraries/Nested.sol";
import {
    V3_FLASH_AMOUNT_AT,
    V3_FLASH_AMOUNT_SHIFT,
    V3_FLASH_POOL_AT,
    V3_FLASH_POOL_SHIFT,
    ZERO_FOR_ONE_SHIFT
} from "../libraries/Program.sol";
import {Reverts} from "../libraries/Reverts.sol";

// uniswapV3FlashCallback(uint256,uint256,bytes)
uint256 constant UNISWAP_V3_FLASH_CALLBACK = 0xe9cbafb0;

/// @dev Uniswap V3's `flash`, of one token, for the pool's fee. The nested stream pays both back: the
/// pool checks its balance.
library UniswapV3Flash {
    uint256 private constant FLASH = 0x490e6cbc; // flash(address,uint256,uint256,bytes)

    /// @dev Runs the command `v3_flash`.
    function borrow(uint256 head, uint256 cursor, uint256 start, uint256 next, uint256 frame)
        internal
    {
        address pool;
        uint256 message;
        assembly ("memory-safe") {
            pool := shr(V3_FLASH_POOL_SHIFT, calldataload(add(cursor, V3_FLASH_POOL_AT)))
            let amount := calldataload(add(cursor, V3_FLASH_AMOUNT_AT))
            amount := shr(V3_FLASH_AMOUNT_SHIFT, amount)
            message := mload(0x40) // free memory, which each command overwrites
            let first := shr(ZERO_FOR_ONE_SHIFT, head) // the highest bit of one byte
            mstore(message, FLASH) // selector at message + 0x1c
            mstore(add(message, 0x20), address()) // recipient
            mstore(add(message, 0x40), mul(amount, first)) // amount0
            mstore(add(message, 0x60), mul(amount, iszero(first))) // amount1
            mstore(add(message, 0x80), 0x80) // offset of `data`
        }
        uint256 length =
            Nested.arm(pool, UNISWAP_V3_FLASH_CALLBACK, message + 0xa0, start, next, frame);
        bool ok;
        assembly ("memory-safe") {
            ok := call(gas(), pool, 0, add(message, 0x1c), add(0xa4, length), 0x00, 0x00)
        }
        if (!ok) Reverts.hopFailed(pool);
    }
}
