// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";

/// @dev Reports of failed pools, bounded whatever a pool returns.
library Reverts {
    /// @dev Most bytes of a pool's revert data that a report carries.
    uint256 private constant MAX_REASON = 256;

    /// @dev Most bytes of an inner report: 4 + 3 * 32 + 256 (selector, pool, offset, length, reason).
    uint256 private constant MAX_REPORT = 356;

    /// @dev Reverts with HopFailed(pool, revert data), or with the revert data as it is when a
    /// nested stream already named the pool that failed.
    function hopFailed(address pool) internal pure {
        bytes4 selector = IArbitrageExecutor.HopFailed.selector;
        assembly ("memory-safe") {
            let buffer := mload(0x40) // free memory; this call does not come back
            let size := returndatasize()
            if gt(size, 3) {
                returndatacopy(0x00, 0, 4) // scratch: the inner error's selector
                if eq(shr(224, mload(0x00)), shr(224, selector)) {
                    if gt(size, MAX_REPORT) { size := MAX_REPORT }
                    returndatacopy(buffer, 0, size) // the inner report, unchanged
                    revert(buffer, size)
                }
            }
            if gt(size, MAX_REASON) { size := MAX_REASON }
            mstore(buffer, selector) // HopFailed(address,bytes)
            mstore(add(buffer, 0x04), pool)
            mstore(add(buffer, 0x24), 0x40) // offset of `reason`
            mstore(add(buffer, 0x44), size) // its length
            calldatacopy(add(buffer, 0x64), calldatasize(), MAX_REASON) // zeros, for the padding
            returndatacopy(add(buffer, 0x64), 0, size)
            revert(buffer, add(0x64, and(add(size, 0x1f), not(0x1f))))
        }
    }
}
