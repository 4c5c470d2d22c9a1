// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {CallbackGuard} from "../libraries/CallbackGuard.sol";
import {
    V2_AMOUNT_OUT_AT,
    V2_AMOUNT_OUT_SHIFT,
    V2_FLASH_AMOUNT_OUT_AT,
    V2_FLASH_AMOUNT_OUT_SHIFT,
    V2_FLASH_NESTED_LENGTH_AT,
    V2_FLASH_NESTED_LENGTH_SHIFT,
    V2_FLASH_POOL_AT,
    V2_FLASH_POOL_SHIFT,
    V2_FLASH_SIZE,
    V2_POOL_AT,
    V2_POOL_SHIFT,
    V2_SIZE,
    ZERO_FOR_ONE_SHIFT
} from "../libraries/Program.sol";
import {ProgramCursor} from "../libraries/ProgramCursor.sol";
import {Reverts} from "../libraries/Reverts.sol";

/// @dev Uniswap V2 pairs and their forks. A pair asks only that its balances grew enough by the end
/// of `swap`, so its input may come before, or inside the callback after the output is taken.
library UniswapV2 {
    uint256 private constant SWAP = 0x022c0d9f; // swap(uint256,uint256,address,bytes)
    uint256 private constant CALLBACK = 0x10d1e85c; // uniswapV2Call(address,uint256,uint256,bytes)

    /// @dev Runs the command `v2`.
    function swap(uint256 head, uint256 cursor, uint256 end, address counterparty)
        internal
        returns (uint256 next)
    {
        address pair;
        uint256 amountOut;
        assembly ("memory-safe") {
            pair := shr(V2_POOL_SHIFT, calldataload(add(cursor, V2_POOL_AT)))
            amountOut := shr(V2_AMOUNT_OUT_SHIFT, calldataload(add(cursor, V2_AMOUNT_OUT_AT)))
            next := add(cursor, V2_SIZE) // cannot wrap: the cursor lies within calldata
        }
        if (next > end) revert IArbitrageExecutor.TruncatedProgram(cursor);
        address to = ProgramCursor.recipient(head, next, end, counterparty);
        if (!_call(pair, _message(head, amountOut, to), 0)) Reverts.hopFailed(pair);
    }

    /// @dev Runs the command `v2_flash`.
    function flashSwap(uint256 head, uint256 cursor, uint256 end, address counterparty)
        internal
        returns (uint256 next)
    {
        address pair;
        uint256 amountOut;
        uint256 length;
        assembly ("memory-safe") {
            pair := shr(V2_FLASH_POOL_SHIFT, calldataload(add(cursor, V2_FLASH_POOL_AT)))
            let tail := calldataload(add(cursor, V2_FLASH_AMOUNT_OUT_AT))
            amountOut := shr(V2_FLASH_AMOUNT_OUT_SHIFT, tail)
            tail := calldataload(add(cursor, V2_FLASH_NESTED_LENGTH_AT))
            length := shr(V2_FLASH_NESTED_LENGTH_SHIFT, tail)
            next := add(add(cursor, V2_FLASH_SIZE), length) // at most 2^16 + 37 further
        }
        if (next > end) revert IArbitrageExecutor.TruncatedProgram(cursor);
        address to = ProgramCursor.recipient(head, next, end, counterparty);
        uint256 message = _message(head, amountOut, to);
        assembly ("memory-safe") {
            calldatacopy(add(message, 0xe0), add(cursor, V2_FLASH_SIZE), length) // in bounds
        }
        CallbackGuard.arm(pair, CALLBACK, message, length);
        if (!_call(pair, message, length)) Reverts.hopFailed(pair);
        CallbackGuard.requireConsumed(pair);
    }

    /// @dev Builds a swap without data in free memory. A spare word comes first, so that the data
    /// lies where `CallbackGuard.arm` has it for every venue.
    function _message(uint256 head, uint256 amountOut, address to)
        private
        pure
        returns (uint256 message)
    {
        assembly ("memory-safe") {
            message := mload(0x40) // free memory, which each command overwrites
            let zeroForOne := shr(ZERO_FOR_ONE_SHIFT, head) // the highest bit of one byte
            mstore(add(message, 0x20), SWAP) // selector at message + 0x3c
            mstore(add(message, 0x40), mul(amountOut, iszero(zeroForOne))) // amount0Out
            mstore(add(message, 0x60), mul(amountOut, zeroForOne)) // amount1Out
            mstore(add(message, 0x80), to)
            mstore(add(message, 0xa0), 0x80) // offset of `data`
            mstore(add(message, 0xc0), 0) // its length
        }
    }

    /// @dev Calls the pair with a message that ends in `length` bytes of data.
    function _call(address pair, uint256 message, uint256 length) private returns (bool ok) {
        assembly ("memory-safe") {
            ok := call(gas(), pair, 0, add(message, 0x3c), add(0xa4, length), 0x00, 0x00)
        }
    }
}
