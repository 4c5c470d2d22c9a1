// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {
    HEADER_SIZE,
    MAX_TOKENS,
    PAY_AMOUNT_AT,
    PAY_AMOUNT_SHIFT,
    PAY_SIZE,
    PAY_TOKEN_AT,
    PAY_TOKEN_SHIFT,
    RECIPIENT_MASK,
    RECIPIENT_SHIFT
} from "./Program.sol";
import {ProgramCursor} from "./ProgramCursor.sol";
import {ProgramHeader} from "./ProgramHeader.sol";
import {TokenCalls} from "./TokenCalls.sol";

/// @dev The tokens that a run may spend. Their addresses lie in transient slots 0 to 7 while it
/// lasts, so that callback frames can name them by index; their entry balances lie in the first
/// frame's memory, where no callback can reach. Slot 0, the profit token, is also the lock.
library DeclaredTokens {
    uint256 private constant TOKENS_START = ProgramHeader.START + HEADER_SIZE;
    uint256 private constant TOKEN_BYTES = 20;

    /// @dev Declares the header's `count` tokens and notes what we hold of each.
    /// @return balances Memory position of `count`, followed by as many balances.
    /// @return cursor Calldata offset of the first command.
    function open(uint256 count) internal returns (uint256 balances, uint256 cursor) {
        if (_at(0) != address(0)) revert IArbitrageExecutor.NestedRun();
        if (count == 0 || count > MAX_TOKENS) revert IArbitrageExecutor.BadTokenCount(count);
        cursor = TOKENS_START;
        uint256 commands = ProgramCursor.bounded(cursor, TOKEN_BYTES * count, msg.data.length);
        assembly ("memory-safe") {
            balances := mload(0x40)
            mstore(balances, count)
            mstore(0x40, add(balances, shl(5, add(count, 1)))) // kept until `close`
        }
        for (uint256 i = 0; i < count; ++i) {
            address token = address(uint160(ProgramCursor.field(cursor, 96)));
            // the zero address, which would leave the lock open, fails here: it has no code
            uint256 held = TokenCalls.balanceOf(token);
            assembly ("memory-safe") {
                tstore(i, token)
                mstore(add(balances, shl(5, add(i, 1))), held)
            }
            cursor += TOKEN_BYTES;
        }
        return (balances, commands);
    }

    /// @dev Reverts unless token 0 grew by `minProfit` and no other declared token fell; clears the
    /// slots, so that a second run in the same transaction finds nothing of this one.
    function close(uint256 balances, uint256 minProfit) internal {
        uint256 count;
        assembly ("memory-safe") {
            count := mload(balances)
        }
        for (uint256 i = 0; i < count; ++i) {
            address token = _at(i);
            uint256 before;
            assembly ("memory-safe") {
                before := mload(add(balances, shl(5, add(i, 1))))
                tstore(i, 0)
            }
            _settle(token, i, before, minProfit);
        }
    }

    /// @dev Runs the command `pay`.
    function pay(uint256 head, uint256 cursor, uint256 end, address counterparty)
        internal
        returns (uint256 next)
    {
        next = ProgramCursor.bounded(cursor, PAY_SIZE, end);
        uint256 target = (head >> RECIPIENT_SHIFT) & RECIPIENT_MASK;
        address to = ProgramCursor.pool(target, next, end, counterparty);
        address token = declared(ProgramCursor.field(cursor + PAY_TOKEN_AT, PAY_TOKEN_SHIFT));
        uint256 amount = ProgramCursor.field(cursor + PAY_AMOUNT_AT, PAY_AMOUNT_SHIFT);
        TokenCalls.transfer(token, to, amount);
    }

    /// @dev The declared token of this index.
    function declared(uint256 index) internal view returns (address token) {
        if (index < MAX_TOKENS) token = _at(index);
        if (token == address(0)) revert IArbitrageExecutor.UndeclaredToken(index);
    }

    function _settle(address token, uint256 index, uint256 before, uint256 minProfit) private view {
        uint256 current = TokenCalls.balanceOf(token);
        if (index == 0) {
            // the subtraction is reached only when it cannot wrap
            if (current < before || current - before < minProfit) {
                revert IArbitrageExecutor.Unprofitable(before, current);
            }
        } else if (current < before) {
            revert IArbitrageExecutor.BalanceFell(token, before, current);
        }
    }

    function _at(uint256 index) private view returns (address token) {
        assembly ("memory-safe") {
            token := tload(index)
        }
    }
}
