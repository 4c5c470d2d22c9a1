// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {Authority} from "./Authority.sol";
import {
    HEADER_AT,
    HEADER_DEADLINE_BLOCK_SHIFT,
    HEADER_MAX_BASE_FEE_MASK,
    HEADER_MAX_BASE_FEE_SHIFT,
    HEADER_MIN_PROFIT_MASK,
    HEADER_MIN_PROFIT_SHIFT,
    HEADER_MIN_PROFIT_SHIFT_SHIFT
} from "./Program.sol";

/// @dev The first word of a program: its fields fit one calldata load.
library ProgramHeader {
    /// @dev Wei per gas in a unit of `max_base_fee`.
    uint256 private constant BASE_FEE_UNIT = 1e6;

    /// @dev Reads the header and refuses a caller without the role, a paused executor, a late block, a
    /// dear one, and a run inside a run. Bytes that calldata lacks read as zero, which is an earlier
    /// block than any. All is asked at once, and why it was refused only where it was.
    function admit() internal view returns (uint256 header) {
        uint256 refused;
        assembly ("memory-safe") {
            header := calldataload(HEADER_AT)
            let maxBaseFee := and(shr(HEADER_MAX_BASE_FEE_SHIFT, header), HEADER_MAX_BASE_FEE_MASK)
            refused := or(
                or(
                    xor(sload(shl(96, caller())), 1), // Authority.ACTIVE, the one storage read
                    tload(0) // CallbackGuard: a run in progress
                ),
                or(
                    gt(number(), shr(HEADER_DEADLINE_BLOCK_SHIFT, header)), // the highest field
                    gt(basefee(), mul(maxBaseFee, BASE_FEE_UNIT)) // 32 bits times 20
                )
            )
        }
        if (refused != 0) _explain();
    }

    /// @dev Reverts with the reason why a run is refused, the first that holds. The header is read
    /// another way, lest the compiler keep for this what `admit` computes.
    function _explain() private view {
        uint256 header;
        assembly ("memory-safe") {
            calldatacopy(0x00, HEADER_AT, 0x20)
            header := mload(0x00)
        }
        Authority.requireActive();
        uint256 deadline = header >> HEADER_DEADLINE_BLOCK_SHIFT;
        if (block.number > deadline) revert IArbitrageExecutor.DeadlinePassed(deadline);
        uint256 maxBaseFee = (header >> HEADER_MAX_BASE_FEE_SHIFT) & HEADER_MAX_BASE_FEE_MASK;
        maxBaseFee *= BASE_FEE_UNIT;
        if (block.basefee > maxBaseFee) revert IArbitrageExecutor.BaseFeeTooHigh(maxBaseFee);
        revert IArbitrageExecutor.NestedRun();
    }

    function minProfit(uint256 header) internal pure returns (uint256 least) {
        assembly ("memory-safe") {
            least := and(shr(HEADER_MIN_PROFIT_SHIFT, header), HEADER_MIN_PROFIT_MASK)
            let at := sub(31, shr(3, HEADER_MIN_PROFIT_SHIFT_SHIFT)) // a byte of its own
            least := shl(byte(at, header), least) // modulo 2^256, as the format says
        }
    }
}
