// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {CallbackGuard} from "../libraries/CallbackGuard.sol";
import {
    V3_AMOUNT_IN_AT,
    V3_AMOUNT_IN_SHIFT,
    V3_NESTED_LENGTH_AT,
    V3_NESTED_LENGTH_SHIFT,
    V3_POOL_AT,
    V3_POOL_SHIFT,
    V3_SIZE,
    ZERO_FOR_ONE_SHIFT
} from "../libraries/Program.sol";
import {ProgramCursor} from "../libraries/ProgramCursor.sol";
import {Reverts} from "../libraries/Reverts.sol";

/// @dev Uniswap V3 pools and their forks. A pool sends its output, calls back, and accepts its
/// input only inside that callback: hence each swap carries the stream that delivers its input.
library UniswapV3 {
    uint256 private constant SWAP = 0x128acb08; // swap(address,bool,int256,uint160,bytes)
    uint256 private constant CALLBACK = 0xfa461e33; // uniswapV3SwapCallback(int256,int256,bytes)
    uint256 private constant MIN_PRICE = 4295128740; // TickMath.MIN_SQRT_RATIO + 1
    uint256 private constant MAX_PRICE = 1461446703485210103287273052203988822378723970341;

    /// @dev Runs the command `v3`.
    function swap(uint256 head, uint256 cursor, uint256 end, address counterparty)
        internal
        returns (uint256 next)
    {
        address pool;
        uint256 amountIn;
        uint256 length;
        assembly ("memory-safe") {
            pool := shr(V3_POOL_SHIFT, calldataload(add(cursor, V3_POOL_AT)))
            amountIn := shr(V3_AMOUNT_IN_SHIFT, calldataload(add(cursor, V3_AMOUNT_IN_AT)))
            length := shr(V3_NESTED_LENGTH_SHIFT, calldataload(add(cursor, V3_NESTED_LENGTH_AT)))
            next := add(add(cursor, V3_SIZE), length) // at most 2^16 + 39 further: cannot wrap
        }
        if (next > end) revert IArbitrageExecutor.TruncatedProgram(cursor);
        address to = ProgramCursor.recipient(head, next, end, counterparty);

        uint256 message;
        assembly ("memory-safe") {
            message := mload(0x40) // built in free memory, which each command overwrites
            let zeroForOne := shr(ZERO_FOR_ONE_SHIFT, head) // the highest bit of one byte
            mstore(message, SWAP) // selector at message + 0x1c
            mstore(add(message, 0x20), to)
            mstore(add(message, 0x40), zeroForOne)
            mstore(add(message, 0x60), amountIn) // positive: exact input
            // no price limit of its own: the settlement judges the whole run
            mstore(add(message, 0x80), xor(MAX_PRICE, mul(zeroForOne, xor(MAX_PRICE, MIN_PRICE))))
            mstore(add(message, 0xa0), 0xa0) // offset of `data`
            calldatacopy(add(message, 0xe0), add(cursor, V3_SIZE), length) // in bounds: see above
        }
        CallbackGuard.arm(pool, CALLBACK, message, length);
        bool ok;
        assembly ("memory-safe") {
            ok := call(gas(), pool, 0, add(message, 0x1c), add(0xc4, length), 0x00, 0x00)
        }
        if (!ok) Reverts.hopFailed(pool);
        CallbackGuard.requireConsumed(pool);
    }
}
