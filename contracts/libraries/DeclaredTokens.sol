// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {Frame} from "./Frame.sol";
import {
    ALL_BUT,
    LEADS,
    LEAD_WPOL,
    ONLY_USDC_E,
    ONLY_WPOL,
    TOKENS_AT,
    TOKEN_COUNT_MASK,
    TOKEN_LEAD_SHIFT,
    TOKEN_SIZE,
    USDC_E,
    WPOL
} from "./Program.sol";
import {TokenCalls} from "./TokenCalls.sol";

/// @dev The tokens that a run may spend: a tokens byte and the addresses behind it. The entry call
/// reads them in the header; whatever stream is nested travels behind a copy of them, bound with it,
/// so that every call finds them in its own calldata. Their entry balances lie in the entry call's
/// memory, where no callback can reach.
library DeclaredTokens {
    /// @dev Notes what we hold of each declared token, behind the entry call's frame.
    /// @return frame The entry call's frame.
    /// @return cursor Calldata offset of the first command.
    function open() internal view returns (uint256 frame, uint256 cursor) {
        uint256 tokens;
        uint256 noted;
        assembly ("memory-safe") {
            tokens := byte(0, calldataload(TOKENS_AT))
            frame := mload(0x40) // allocated below
            mstore(frame, TOKENS_AT)
            mstore(add(frame, 0x20), 0) // no counterparty
            mstore(add(frame, 0x40), 0) // nothing is asked for
            noted := add(frame, 0x60)
            let count := and(tokens, TOKEN_COUNT_MASK)
            cursor := add(add(TOKENS_AT, 1), mul(TOKEN_SIZE, count))
            mstore(0x40, add(noted, shl(5, add(count, 1)))) // kept until `close`
        }
        address token = only();
        if (token == address(0)) _note(noted, tokens, cursor);
        else _store(noted, TokenCalls.balanceOf(token));
    }

    /// @dev Notes the balances of tokens that are more than a well-known one alone.
    function _note(uint256 noted, uint256 tokens, uint256 cursor) private view {
        uint256 lead = tokens >> TOKEN_LEAD_SHIFT;
        if ((LEADS >> lead) & 1 == 0 || tokens == 0) {
            revert IArbitrageExecutor.BadTokens(lead, tokens & TOKEN_COUNT_MASK);
        }
        if (cursor > msg.data.length) revert IArbitrageExecutor.TruncatedProgram(TOKENS_AT + 1);
        if (lead != 0) {
            _store(noted, TokenCalls.balanceOf(_wellKnown(lead)));
            noted += 0x20;
        }
        for (uint256 at_ = TOKENS_AT + 1; at_ != cursor; at_ += TOKEN_SIZE) {
            _store(noted, TokenCalls.balanceOf(_address(at_)));
            noted += 0x20;
        }
    }

    /// @dev Reverts unless token 0 grew by `minProfit` and no other declared token fell.
    function close(uint256 frame, uint256 cursor, uint256 minProfit) internal view {
        address token = only();
        if (token == address(0)) {
            _settle(frame, cursor, minProfit);
            return;
        }
        uint256 before;
        assembly ("memory-safe") {
            before := mload(add(frame, 0x60))
        }
        requireGain(token, before, minProfit);
    }

    /// @dev The well-known token that is the only one declared; zero where there is none, or another.
    function only() internal pure returns (address token) {
        assembly ("memory-safe") {
            let tokens := byte(0, calldataload(TOKENS_AT))
            token := mul(USDC_E, eq(tokens, ONLY_USDC_E))
            if eq(tokens, ONLY_WPOL) { token := WPOL }
        }
    }

    /// @dev Reverts unless the balance of a token grew by `minProfit`.
    function requireGain(address token, uint256 before, uint256 minProfit) internal view {
        uint256 current = TokenCalls.balanceOf(token);
        if (current < before) {
            revert IArbitrageExecutor.BalanceFell(token, before, current);
        }
        unchecked {
            // the check above keeps the difference from wrapping
            if (current - before < minProfit) {
                revert IArbitrageExecutor.Unprofitable(before, current);
            }
        }
    }

    /// @dev Reverts if the executor holds less POL than before.
    function requireNative(uint256 before) internal view {
        if (address(this).balance < before) {
            revert IArbitrageExecutor.BalanceFell(address(0), before, address(this).balance);
        }
    }

    /// @dev Compares the balances of all declared tokens, and says which one is wrong.
    function _settle(uint256 frame, uint256 cursor, uint256 minProfit) private view {
        (uint256 lead,) = _parts(TOKENS_AT);
        uint256 noted = frame + Frame.SIZE;
        if (lead != 0) {
            _compare(_wellKnown(lead), noted, minProfit);
            minProfit = 0;
            noted += 0x20;
        }
        for (uint256 at_ = TOKENS_AT + 1; at_ != cursor; at_ += TOKEN_SIZE) {
            _compare(_address(at_), noted, minProfit);
            minProfit = 0; // the minimum is token 0's
            noted += 0x20;
        }
    }

    /// @dev The declared token of this index. Reverts where none is declared.
    function at(uint256 index, uint256 frame) internal pure returns (address token) {
        assembly ("memory-safe") {
            let tokensAt := mload(frame)
            let tokens := byte(0, calldataload(tokensAt))
            let lead := shr(TOKEN_LEAD_SHIFT, tokens) // the highest bits of one byte
            switch or(index, iszero(lead))
            case 0 {
                token := USDC_E
                if eq(lead, LEAD_WPOL) { token := WPOL }
            }
            default {
                let place := sub(index, iszero(iszero(lead)))
                if lt(place, and(tokens, TOKEN_COUNT_MASK)) {
                    token := shr(96, calldataload(add(add(tokensAt, 1), mul(TOKEN_SIZE, place))))
                }
            }
        }
        // the zero address, which has no code, cannot have been declared
        if (token == address(0)) revert IArbitrageExecutor.BadToken(index);
    }

    /// @dev Calldata offset behind the tokens byte at `tokensAt` and its addresses.
    function skip(uint256 tokensAt) internal pure returns (uint256 behind) {
        assembly ("memory-safe") {
            behind := mul(TOKEN_SIZE, and(byte(0, calldataload(tokensAt)), TOKEN_COUNT_MASK))
            behind := add(add(tokensAt, 1), behind)
        }
    }

    /// @dev The number that a field of type `amount` with its highest bit set stands for: all that we
    /// hold of `token` but its lower bits. `cursor` is the command's.
    function allBut(uint256 field, address token, uint256 cursor) internal view returns (uint256) {
        uint256 held = TokenCalls.balanceOf(token);
        unchecked {
            uint256 rest = held - (field ^ ALL_BUT);
            if (rest > held || rest >= ALL_BUT) revert IArbitrageExecutor.BadAmount(cursor);
            return rest;
        }
    }

    /// @dev Compares a token's balance with the one noted at memory position `noted`.
    function _compare(address token, uint256 noted, uint256 minProfit) private view {
        uint256 before;
        assembly ("memory-safe") {
            before := mload(noted)
        }
        requireGain(token, before, minProfit);
    }

    function _parts(uint256 tokensAt) private pure returns (uint256 lead, uint256 count) {
        assembly ("memory-safe") {
            let tokens := byte(0, calldataload(tokensAt))
            lead := shr(TOKEN_LEAD_SHIFT, tokens) // the highest bits of one byte
            count := and(tokens, TOKEN_COUNT_MASK)
        }
    }

    /// @dev The well-known token of a lead that is not zero.
    function _wellKnown(uint256 lead) private pure returns (address) {
        return lead == LEAD_WPOL ? WPOL : USDC_E;
    }

    function _address(uint256 at_) private pure returns (address token) {
        assembly ("memory-safe") {
            token := shr(96, calldataload(at_))
        }
    }

    function _store(uint256 position, uint256 word) private pure {
        assembly ("memory-safe") {
            mstore(position, word)
        }
    }
}
