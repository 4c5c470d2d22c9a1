// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {
    FORMAT_VERSION,
    HEADER_AT,
    HEADER_DEADLINE_BLOCK_MASK,
    HEADER_DEADLINE_BLOCK_SHIFT,
    HEADER_MAX_BASE_FEE_MASK,
    HEADER_MAX_BASE_FEE_SHIFT,
    HEADER_MIN_PROFIT_MASK,
    HEADER_MIN_PROFIT_SHIFT,
    HEADER_TOKEN_COUNT_MASK,
    HEADER_TOKEN_COUNT_SHIFT,
    HEADER_VERSION_SHIFT
} from "./Program.sol";

/// @dev The first word of a program: its fields fit one calldata load.
library ProgramHeader {
    /// @dev Reads the header and refuses another format, a late block and a dear one. Bytes that
    /// calldata lacks read as zero, which no format version is.
    function read() internal view returns (uint256 header) {
        assembly ("memory-safe") {
            header := calldataload(HEADER_AT)
        }
        uint256 version = header >> HEADER_VERSION_SHIFT;
        if (version != FORMAT_VERSION) revert IArbitrageExecutor.WrongFormat(version);
        uint256 deadline = (header >> HEADER_DEADLINE_BLOCK_SHIFT) & HEADER_DEADLINE_BLOCK_MASK;
        if (block.number > deadline) revert IArbitrageExecutor.DeadlinePassed(deadline);
        uint256 maxBaseFee = (header >> HEADER_MAX_BASE_FEE_SHIFT) & HEADER_MAX_BASE_FEE_MASK;
        if (block.basefee > maxBaseFee) revert IArbitrageExecutor.BaseFeeTooHigh(maxBaseFee);
    }

    function minProfit(uint256 header) internal pure returns (uint256) {
        return (header >> HEADER_MIN_PROFIT_SHIFT) & HEADER_MIN_PROFIT_MASK;
    }

    function tokenCount(uint256 header) internal pure returns (uint256) {
        return (header >> HEADER_TOKEN_COUNT_SHIFT) & HEADER_TOKEN_COUNT_MASK;
    }
}
