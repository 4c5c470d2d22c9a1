// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {DeclaredTokens} from "./DeclaredTokens.sol";
import {
    HEADER_TOKENS_SHIFT,
    ONLY_USDC_E,
    ONLY_WPOL,
    OP_V2_RUN,
    OP_V3_RUN,
    TOKENS_AT,
    USDC_E,
    V2_RUN_SIZE,
    V3_RUN_CELLS_LENGTH_AT,
    WPOL
} from "./Program.sol";
import {ProgramHeader} from "./ProgramHeader.sol";

uint256 constant EXPRESS_AT = TOKENS_AT + 1; // the first command behind a lone well-known token

/// @dev The most usual program: one well-known token, and one run, paid with it and to the executor,
/// that fills the rest of calldata. Its head and index follow the tokens byte in the header's word.
library Express {
    uint256 private constant BALANCE_OF = 0x70a08231; // balanceOf(address)

    /// @dev Of the header's word: tokens byte, head and index, and of a `v2_run` its length: none, since
    /// it is the rest.
    uint256 private constant V3_TERMS = 0xffffff << INDEX_SHIFT;
    uint256 private constant V2_TERMS = V3_TERMS | (0xffff << LENGTH_SHIFT);
    uint256 private constant INDEX_SHIFT = HEADER_TOKENS_SHIFT - 16;
    uint256 private constant LENGTH_SHIFT = HEADER_TOKENS_SHIFT - 8 * V2_RUN_SIZE;
    uint256 private constant V2 = OP_V2_RUN << (INDEX_SHIFT + 8);
    uint256 private constant V3 = OP_V3_RUN << (INDEX_SHIFT + 8);
    uint256 private constant IN_WPOL = ONLY_WPOL << HEADER_TOKENS_SHIFT;
    uint256 private constant IN_USDC_E = ONLY_USDC_E << HEADER_TOKENS_SHIFT;
    uint256 private constant V3_LENGTH_AT = EXPRESS_AT + V3_RUN_CELLS_LENGTH_AT;

    /// @dev The token of a program in this form, zero where it has another; which run it is.
    function form(uint256 header) internal pure returns (address token, bool isV2) {
        uint256 terms = header & V2_TERMS;
        (uint256 wpol, uint256 usdc) = (V2 | IN_WPOL, V2 | IN_USDC_E);
        uint256 v3Terms = header & V3_TERMS;
        (uint256 v3Wpol, uint256 v3Usdc) = (V3 | IN_WPOL, V3 | IN_USDC_E);
        uint256 lengthAt = V3_LENGTH_AT;
        assembly ("memory-safe") {
            isV2 := or(eq(terms, wpol), eq(terms, usdc))
            if iszero(isV2) {
                // its length is not in the header's word: none, too
                terms := or(v3Terms, shr(240, calldataload(lengthAt)))
                wpol := v3Wpol
                usdc := v3Usdc
            }
            token := mul(USDC_E, eq(terms, usdc))
            if eq(terms, wpol) { token := WPOL }
        }
    }

    /// @dev The executor's balance of a well-known token.
    function balance(address token) internal view returns (uint256 held) {
        bool ok;
        assembly ("memory-safe") {
            mstore(0x00, BALANCE_OF) // selector at 0x1c
            mstore(0x20, address())
            ok := staticcall(gas(), token, 0x1c, 0x24, 0x00, 0x20)
            held := mload(0x00) // both return a word
        }
        if (!ok) revert IArbitrageExecutor.TokenCallFailed(token);
    }

    /// @dev Reverts unless the token's balance grew by the header's minimum.
    function settle(address token, uint256 before, uint256 header) internal view {
        uint256 least = ProgramHeader.minProfit(header);
        bool ok;
        assembly ("memory-safe") {
            mstore(0x00, BALANCE_OF) // selector at 0x1c
            mstore(0x20, address())
            ok := staticcall(gas(), token, 0x1c, 0x24, 0x00, 0x20)
            let current := mload(0x00) // both return a word
            ok := and(ok, iszero(or(lt(current, before), lt(sub(current, before), least))))
        }
        if (!ok) _refuse(token, before, least);
    }

    /// @dev Says which it is: a balance that cannot be read, that fell or that did not grow enough.
    function _refuse(address token, uint256 before, uint256 least) private view {
        DeclaredTokens.requireGain(token, before, least);
        revert IArbitrageExecutor.TokenCallFailed(token);
    }
}
