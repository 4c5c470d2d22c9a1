// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {
    MAX_TOKENS,
    PAY_AMOUNT_AT,
    PAY_AMOUNT_SHIFT,
    PAY_SIZE,
    PAY_TOKEN_AT,
    PAY_TOKEN_SHIFT,
    TOKENS_AT,
    TOKEN_SIZE
} from "./Program.sol";
import {ProgramCursor} from "./ProgramCursor.sol";
import {TokenCalls} from "./TokenCalls.sol";

/// @dev The tokens that a run may spend. Their addresses lie in transient slots 0 to 7 while it
/// lasts, so that callback frames can name them by index; their entry balances lie in the first
/// frame's memory, where no callback can reach. Slot 0, the profit token, is also the lock.
library DeclaredTokens {
    /// @dev Declares the header's `count` tokens and notes what we hold of each.
    /// @return balances Memory position of `count`, followed by as many balances.
    /// @return cursor Calldata offset of the first command.
    function open(uint256 count) internal returns (uint256 balances, uint256 cursor) {
        if (at(0) != address(0)) revert IArbitrageExecutor.NestedRun();
        unchecked {
            // zero wraps to the highest number, which is refused too
            if (count - 1 >= MAX_TOKENS) revert IArbitrageExecutor.BadTokenCount(count);
        }
        assembly ("memory-safe") {
            balances := mload(0x40)
            mstore(balances, count)
            mstore(0x40, add(balances, shl(5, add(count, 1)))) // kept until `close`
            cursor := add(TOKENS_AT, mul(TOKEN_SIZE, count))
        }
        if (cursor > msg.data.length) {
            revert IArbitrageExecutor.TruncatedProgram(TOKENS_AT);
        }
        uint256 i = 0;
        do {
            address token = _declaredInHeader(i);
            // the zero address, which would leave the lock open, fails here: it has no code
            uint256 held = TokenCalls.balanceOf(token);
            assembly ("memory-safe") {
                tstore(i, token)
                i := add(i, 1)
                mstore(add(balances, shl(5, i)), held)
            }
        } while (i < count);
    }

    /// @dev Reverts unless token 0 grew by `minProfit` and no other declared token fell; clears the
    /// slots, so that a second run in the same transaction finds nothing of this one.
    function close(uint256 balances, uint256 minProfit) internal {
        uint256 count;
        assembly ("memory-safe") {
            count := mload(balances)
        }
        uint256 i = 0;
        do {
            uint256 current = TokenCalls.balanceOf(_declaredInHeader(i));
            uint256 before;
            assembly ("memory-safe") {
                tstore(i, 0)
                i := add(i, 1)
                before := mload(add(balances, shl(5, i)))
            }
            if (current < before) {
                revert IArbitrageExecutor.BalanceFell(_declaredInHeader(i - 1), before, current);
            }
            unchecked {
                // the minimum is token 0's; the check above keeps the difference from wrapping
                if (current - before < minProfit) {
                    revert IArbitrageExecutor.Unprofitable(before, current);
                }
            }
            minProfit = 0;
        } while (i < count);
    }

    /// @dev Runs the command `pay`.
    function pay(uint256 head, uint256 cursor, uint256 end, address counterparty)
        internal
        returns (uint256 next)
    {
        address token;
        uint256 amount;
        assembly ("memory-safe") {
            // a slot beyond the declared ones is empty: an index is one byte
            token := tload(shr(PAY_TOKEN_SHIFT, calldataload(add(cursor, PAY_TOKEN_AT))))
            amount := shr(PAY_AMOUNT_SHIFT, calldataload(add(cursor, PAY_AMOUNT_AT)))
            next := add(cursor, PAY_SIZE) // cannot wrap: the cursor lies within calldata
        }
        if (next > end) revert IArbitrageExecutor.TruncatedProgram(cursor);
        address to = ProgramCursor.recipient(head, next, end, counterparty);
        TokenCalls.transfer(token, to, amount);
    }

    /// @dev The declared token of this one-byte index, or zero, which no token call accepts.
    function at(uint256 index) internal view returns (address token) {
        assembly ("memory-safe") {
            token := tload(index)
        }
    }

    /// @dev Entry `index` of the header; `open` has bounded them. First frame only.
    function _declaredInHeader(uint256 index) private pure returns (address token) {
        assembly ("memory-safe") {
            token := shr(96, calldataload(add(TOKENS_AT, mul(TOKEN_SIZE, index))))
        }
    }
}
