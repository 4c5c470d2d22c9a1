// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {Frame} from "./Frame.sol";
import {
    ALL_BUT,
    LEADS,
    LEAD_WPOL,
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
        frame = Frame.open(TOKENS_AT, address(0), 0);
        (uint256 lead, uint256 count) = _parts(TOKENS_AT);
        if (lead >= LEADS || (lead | count) == 0) {
            revert IArbitrageExecutor.BadTokens(lead, count);
        }
        uint256 noted = frame + Frame.SIZE;
        assembly ("memory-safe") {
            cursor := add(add(TOKENS_AT, 1), mul(TOKEN_SIZE, count))
            mstore(0x40, add(noted, shl(5, add(count, 1)))) // kept until `close`
        }
        if (cursor > msg.data.length) revert IArbitrageExecutor.TruncatedProgram(TOKENS_AT + 1);
        if (lead != 0) {
            _store(noted, TokenCalls.balanceOf(_wellKnown(lead)));
            unchecked {
                noted += 0x20;
            }
        }
        for (uint256 at = TOKENS_AT + 1; at != cursor;) {
            _store(noted, TokenCalls.balanceOf(_address(at)));
            unchecked {
                noted += 0x20;
                at += TOKEN_SIZE;
            }
        }
    }

    /// @dev Reverts unless token 0 grew by `minProfit` and no other declared token fell.
    function close(uint256 frame, uint256 cursor, uint256 minProfit) internal view {
        (uint256 lead,) = _parts(TOKENS_AT);
        uint256 noted = frame + Frame.SIZE;
        if (lead != 0) {
            _compare(_wellKnown(lead), noted, minProfit);
            minProfit = 0;
            unchecked {
                noted += 0x20;
            }
        }
        for (uint256 at = TOKENS_AT + 1; at != cursor;) {
            _compare(_address(at), noted, minProfit);
            minProfit = 0; // the minimum is token 0's
            unchecked {
                noted += 0x20;
                at += TOKEN_SIZE;
            }
        }
    }

    /// @dev The declared token of this index. Reverts where none is declared.
    function at(uint256 index, uint256 frame) internal pure returns (address token) {
        uint256 tokensAt;
        assembly ("memory-safe") {
            tokensAt := mload(frame)
        }
        (uint256 lead, uint256 count) = _parts(tokensAt);
        uint256 place = index;
        if (lead != 0) {
            if (index == 0) return _wellKnown(lead);
            unchecked {
                place = index - 1;
            }
        }
        if (place >= count) revert IArbitrageExecutor.BadToken(index);
        unchecked {
            token = _address(tokensAt + 1 + TOKEN_SIZE * place); // an index is one byte
        }
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
        uint256 current = TokenCalls.balanceOf(token);
        uint256 before;
        assembly ("memory-safe") {
            before := mload(noted)
        }
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
