// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {ExpressV2} from "./ExpressV2.sol";
import {ExpressV3} from "./ExpressV3.sol";
import {
    HEADER_TOKENS_SHIFT,
    ONLY_USDC_E,
    ONLY_WPOL,
    OP_V2_RUN,
    OP_V3_RUN,
    USDC_E,
    V2_RUN_SIZE,
    WPOL
} from "./Program.sol";

/// @dev The most usual programs: one well-known token, and one run, paid with it and to the executor,
/// that fills the rest of calldata. What the loop does for them in general is written out at fixed
/// places of calldata and of memory, in which nothing has been allocated: it is all that the call does.
library Express {
    /// @dev Of the header's word, which holds them too: tokens byte, head and index of the command, and of
    /// a `v2_run` the length of its cells: none, since they are the rest.
    uint256 private constant V3_TERMS = 0xffffff << INDEX_SHIFT;
    uint256 private constant V2_TERMS =
        V3_TERMS | (0xffff << (HEADER_TOKENS_SHIFT - 8 * V2_RUN_SIZE));
    uint256 private constant INDEX_SHIFT = HEADER_TOKENS_SHIFT - 16;
    uint256 private constant IN_WPOL = ONLY_WPOL << HEADER_TOKENS_SHIFT;
    uint256 private constant IN_USDC_E = ONLY_USDC_E << HEADER_TOKENS_SHIFT;
    uint256 private constant V2 = OP_V2_RUN << (INDEX_SHIFT + 8);
    uint256 private constant V3 = OP_V3_RUN << (INDEX_SHIFT + 8);

    /// @dev Does all of a program in such a form and ends the call; returns where it has another.
    function attempt(uint256 header) internal {
        uint256 terms = header & V2_TERMS;
        uint256 token = uint160(WPOL);
        if (terms != (V2 | IN_WPOL)) {
            uint256 v3Terms = header & V3_TERMS;
            if (v3Terms == (V3 | IN_WPOL)) return ExpressV3.attempt(header, uint160(WPOL));
            if (v3Terms == (V3 | IN_USDC_E)) return ExpressV3.attempt(header, uint160(USDC_E));
            if (terms != (V2 | IN_USDC_E)) return;
            token = uint160(USDC_E);
        }
        ExpressV2.attempt(header, token);
    }
}
