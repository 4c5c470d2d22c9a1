// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {V2_SWAP} from "../interfaces/Calls.sol";
import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {DeclaredTokens} from "../libraries/DeclaredTokens.sol";
import {Nested} from "../libraries/Nested.sol";
import {
    OPCODE_MASK,
    OP_V2,
    RECIPIENT_MASK,
    RECIPIENT_SHIFT,
    TAKES_DELIVERY,
    V2_AMOUNT_OUT_AT,
    V2_AMOUNT_OUT_SHIFT,
    V2_ARRIVED_FEE_AT,
    V2_ARRIVED_FEE_SHIFT,
    V2_ARRIVED_TOKEN_AT,
    V2_ARRIVED_TOKEN_SHIFT,
    V2_POOL_AT,
    V2_POOL_SHIFT,
    V2_SIZE,
    ZERO_FOR_ONE_SHIFT
} from "../libraries/Program.sol";
import {Reverts} from "../libraries/Reverts.sol";
import {TokenCalls} from "../libraries/TokenCalls.sol";

uint256 constant UNISWAP_V2_CALLBACK = 0x10d1e85c; // uniswapV2Call(address,uint256,uint256,bytes)
uint256 constant UNISWAP_V2_RESERVES = 0x0902f1ac; // getReserves()

/// @dev Uniswap V2 pairs and their forks, of any fee. A pair asks only that its balances grew enough
/// by the end of `swap`, so its input may come before, or inside the callback after the output is
/// taken.
library UniswapV2 {
    uint256 private constant FEE_UNIT = 10_000; // of `v2_arrived`

    /// @dev Runs `v2` commands in their usual forms, one after another; returns the offset behind the
    /// last, or zero where the loop has to look closer at the first: it goes to an address, or is
    /// malformed.
    function swapFast(uint256 cursor, uint256 end, uint256 frame) internal returns (uint256 next) {
        address pair;
        assembly ("memory-safe") {
            let message := mload(0x40) // free memory, which each command overwrites
            mstore(message, V2_SWAP) // selector at message + 0x1c
            mstore(add(message, 0x80), 0x80) // offset of `data`
            mstore(add(message, 0xa0), 0) // its length
            let word := calldataload(cursor) // opcode and flags, the pair, and what fits
            for {} 1 {} {
                let behind := add(cursor, V2_SIZE) // cannot wrap: the cursor lies within calldata
                let taker := calldataload(behind)
                switch and(shr(RECIPIENT_SHIFT, byte(0, word)), RECIPIENT_MASK)
                case 2 {
                    // TO_NEXT: a command that takes delivered input, its first byte in this stream
                    let takes := shr(and(byte(0, taker), OPCODE_MASK), TAKES_DELIVERY)
                    takes := and(takes, lt(behind, end))
                    mstore(add(message, 0x60), mul(takes, shr(96, shl(8, taker))))
                }
                case 0 { mstore(add(message, 0x60), address()) } // TO_SELF
                case 1 { mstore(add(message, 0x60), mload(add(frame, 0x20))) } // TO_CALLER
                default { mstore(add(message, 0x60), 0) } // not here
                if or(gt(behind, end), iszero(mload(add(message, 0x60)))) { break }
                {
                    let out := shr(V2_AMOUNT_OUT_SHIFT, calldataload(add(cursor, V2_AMOUNT_OUT_AT)))
                    let out1 := mul(out, shr(255, word)) // zero for one: the highest bit
                    mstore(add(message, 0x20), sub(out, out1)) // amount0Out
                    mstore(add(message, 0x40), out1) // amount1Out
                }
                pair := shr(96, shl(8, word))
                if iszero(call(gas(), pair, 0, add(message, 0x1c), 0xa4, 0x00, 0x00)) {
                    next := 1 // no offset of a command
                    break
                }
                cursor := behind
                next := behind
                word := taker
                // another one
                if iszero(and(eq(and(byte(0, word), OPCODE_MASK), OP_V2), lt(cursor, end))) {
                    break
                }
            }
        }
        if (next == 1) Reverts.hopFailed(pair);
    }

    /// @dev Runs the command `v2`.
    function swap(uint256 head, uint256 cursor, address to) internal {
        _call(_pair(cursor), _message(head, _amountOut(cursor), to), 0);
    }

    /// @dev Runs the command `v2_flash`.
    function flashSwap(
        uint256 head,
        uint256 cursor,
        address to,
        uint256 start,
        uint256 next,
        uint256 frame
    ) internal {
        address pair = _pair(cursor);
        uint256 message = _message(head, _amountOut(cursor), to);
        uint256 length = Nested.arm(pair, UNISWAP_V2_CALLBACK, message + 0xa0, start, next, frame);
        _call(pair, message, length);
    }

    /// @dev Runs the command `v2_arrived`.
    function swapArrived(uint256 head, uint256 cursor, address to, uint256 frame) internal {
        _call(_pair(cursor), _message(head, _arrived(head, cursor, frame), to), 0);
    }

    /// @dev The output that the commands `v2` and `v2_flash` name, in the same place.
    function _amountOut(uint256 cursor) private pure returns (uint256 amountOut) {
        assembly ("memory-safe") {
            amountOut := shr(V2_AMOUNT_OUT_SHIFT, calldataload(add(cursor, V2_AMOUNT_OUT_AT)))
        }
    }

    /// @dev What a pair gives for all that has been delivered to it.
    function _arrived(uint256 head, uint256 cursor, uint256 frame)
        private
        view
        returns (uint256 amountOut)
    {
        uint256 index;
        uint256 fee;
        assembly ("memory-safe") {
            index := shr(V2_ARRIVED_TOKEN_SHIFT, calldataload(add(cursor, V2_ARRIVED_TOKEN_AT)))
            fee := shr(V2_ARRIVED_FEE_SHIFT, calldataload(add(cursor, V2_ARRIVED_FEE_AT)))
        }
        (uint256 reserveIn, uint256 reserveOut) = _reserves(_pair(cursor), head);
        uint256 held = TokenCalls.balanceOf(DeclaredTokens.at(index, frame), _pair(cursor));
        if (fee > FEE_UNIT || held < reserveIn || held - reserveIn > type(uint112).max) {
            revert IArbitrageExecutor.BadAmount(cursor);
        }
        assembly ("memory-safe") {
            // 112 bits times 14, times 112: nothing wraps; an empty pair divides by zero to zero
            let kept := mul(sub(held, reserveIn), sub(FEE_UNIT, fee))
            amountOut := div(mul(kept, reserveOut), add(mul(reserveIn, FEE_UNIT), kept))
        }
    }

    /// @dev The pair's reserves of what is sold and of what is bought.
    function _reserves(address pair, uint256 head)
        private
        view
        returns (uint256 reserveIn, uint256 reserveOut)
    {
        bool ok;
        assembly ("memory-safe") {
            mstore(0x00, UNISWAP_V2_RESERVES) // selector at 0x1c
            ok := staticcall(gas(), pair, 0x1c, 0x04, 0x00, 0x40) // scratch takes both
            ok := and(ok, gt(returndatasize(), 0x3f))
            let mask := shr(144, not(0)) // a reserve has 112 bits
            reserveIn := and(mload(0x00), mask)
            reserveOut := and(mload(0x20), mask)
            if iszero(shr(ZERO_FOR_ONE_SHIFT, head)) {
                let swapped := reserveIn
                reserveIn := reserveOut
                reserveOut := swapped
            }
        }
        if (!ok) Reverts.hopFailed(pair);
    }

    /// @dev The pair of any command here: each has it in the same place.
    function _pair(uint256 cursor) private pure returns (address pair) {
        assembly ("memory-safe") {
            pair := shr(V2_POOL_SHIFT, calldataload(add(cursor, V2_POOL_AT)))
        }
    }

    /// @dev Builds a swap without data in free memory, which each command overwrites.
    function _message(uint256 head, uint256 amountOut, address to)
        private
        pure
        returns (uint256 message)
    {
        assembly ("memory-safe") {
            message := mload(0x40)
            let zeroForOne := shr(ZERO_FOR_ONE_SHIFT, head) // the highest bit of one byte
            mstore(message, V2_SWAP) // selector at message + 0x1c
            mstore(add(message, 0x20), mul(amountOut, iszero(zeroForOne))) // amount0Out
            mstore(add(message, 0x40), mul(amountOut, zeroForOne)) // amount1Out
            mstore(add(message, 0x60), to)
            mstore(add(message, 0x80), 0x80) // offset of `data`
            mstore(add(message, 0xa0), 0) // its length
        }
    }

    /// @dev Calls the pair with a message that ends in `length` bytes of data.
    function _call(address pair, uint256 message, uint256 length) private {
        bool ok;
        assembly ("memory-safe") {
            ok := call(gas(), pair, 0, add(message, 0x1c), add(0xa4, length), 0x00, 0x00)
        }
        if (!ok) Reverts.hopFailed(pair);
    }
}
