// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {
    HEADER_AT,
    HEADER_DEADLINE_BLOCK_SHIFT,
    HEADER_MAX_BASE_FEE_MASK,
    HEADER_MAX_BASE_FEE_SHIFT,
    HEADER_MIN_PROFIT_MASK,
    HEADER_MIN_PROFIT_SHIFT,
    HEADER_MIN_PROFIT_SHIFT_MASK,
    HEADER_MIN_PROFIT_SHIFT_SHIFT
} from "./Program.sol";

/// @dev The first word of a program: its fields fit one calldata load.
library ProgramHeader {
    /// @dev Wei per gas in a unit of `max_base_fee`.
    uint256 private constant BASE_FEE_UNIT = 1e6;

    /// @dev Reads the header and refuses a late block and a dear one. Bytes that calldata lacks read
    /// as zero, which is an earlier block than any.
    function read() internal view returns (uint256 header) {
        uint256 deadline;
        uint256 maxBaseFee;
        assembly ("memory-safe") {
            header := calldataload(HEADER_AT)
            deadline := shr(HEADER_DEADLINE_BLOCK_SHIFT, header) // the highest field
            maxBaseFee := and(shr(HEADER_MAX_BASE_FEE_SHIFT, header), HEADER_MAX_BASE_FEE_MASK)
            maxBaseFee := mul(maxBaseFee, BASE_FEE_UNIT) // 32 bits times 20
        }
        if (block.number > deadline) revert IArbitrageExecutor.DeadlinePassed(deadline);
        if (block.basefee > maxBaseFee) revert IArbitrageExecutor.BaseFeeTooHigh(maxBaseFee);
    }

    function minProfit(uint256 header) internal pure returns (uint256 least) {
        assembly ("memory-safe") {
            least := and(shr(HEADER_MIN_PROFIT_SHIFT, header), HEADER_MIN_PROFIT_MASK)
            let shift :=
                and(shr(HEADER_MIN_PROFIT_SHIFT_SHIFT, header), HEADER_MIN_PROFIT_SHIFT_MASK)
            least := shl(shift, least) // modulo 2^256, as the format says
        }
    }
}
