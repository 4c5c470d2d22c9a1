// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

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
        next = ProgramCursor.bounded(cursor, V2_SIZE, end);
        address to = ProgramCursor.recipient(head, next, end, counterparty);
        address pair = address(uint160(ProgramCursor.field(cursor + V2_POOL_AT, V2_POOL_SHIFT)));
        uint256 amountOut = ProgramCursor.field(cursor + V2_AMOUNT_OUT_AT, V2_AMOUNT_OUT_SHIFT);
        if (!_swap(head, pair, amountOut, to, _dataAt(), 0)) Reverts.hopFailed(pair);
    }

    /// @dev Runs the command `v2_flash`.
    function flashSwap(uint256 head, uint256 cursor, uint256 end, address counterparty)
        internal
        returns (uint256 next)
    {
        uint256 nested = ProgramCursor.bounded(cursor, V2_FLASH_SIZE, end);
        uint256 length =
            ProgramCursor.field(cursor + V2_FLASH_NESTED_LENGTH_AT, V2_FLASH_NESTED_LENGTH_SHIFT);
        next = ProgramCursor.bounded(nested, length, end);
        address to = ProgramCursor.recipient(head, next, end, counterparty);
        address pair =
            address(uint160(ProgramCursor.field(cursor + V2_FLASH_POOL_AT, V2_FLASH_POOL_SHIFT)));
        uint256 amountOut =
            ProgramCursor.field(cursor + V2_FLASH_AMOUNT_OUT_AT, V2_FLASH_AMOUNT_OUT_SHIFT);
        uint256 data = _dataAt();
        assembly ("memory-safe") {
            calldatacopy(data, nested, length) // in bounds: see above
        }
        CallbackGuard.arm(pair, CALLBACK, data - 0x20, length);
        if (!_swap(head, pair, amountOut, to, data, length)) Reverts.hopFailed(pair);
        CallbackGuard.requireConsumed(pair);
    }

    /// @dev Where the data of a `swap` that is built at the free memory pointer lies.
    function _dataAt() private pure returns (uint256 data) {
        assembly ("memory-safe") {
            data := add(mload(0x40), 0xc0)
        }
    }

    /// @dev Calls the pair with the `length` bytes of data that already lie at `data`.
    function _swap(
        uint256 head,
        address pair,
        uint256 amountOut,
        address to,
        uint256 data,
        uint256 length
    ) private returns (bool ok) {
        assembly ("memory-safe") {
            let zeroForOne := shr(ZERO_FOR_ONE_SHIFT, head) // the highest bit of one byte
            mstore(sub(data, 0xc0), SWAP) // selector at data - 0xa4
            mstore(sub(data, 0xa0), mul(amountOut, iszero(zeroForOne))) // amount0Out
            mstore(sub(data, 0x80), mul(amountOut, zeroForOne)) // amount1Out
            mstore(sub(data, 0x60), to)
            mstore(sub(data, 0x40), 0x80) // offset of `data`
            mstore(sub(data, 0x20), length)
            ok := call(gas(), pair, 0, sub(data, 0xa4), add(0xa4, length), 0x00, 0x00)
        }
    }
}
