// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {Nested} from "../libraries/Nested.sol";
import {POOL_MANAGER} from "../libraries/Program.sol";
import {Reverts} from "../libraries/Reverts.sol";

uint256 constant UNISWAP_V4_CALLBACK = 0x91dd7346; // unlockCallback(bytes)

/// @dev Uniswap V4's `unlock`: while it lasts the pool manager lends whatever it holds, free, and
/// swaps; it ends only without debt.
library UniswapV4Lock {
    uint256 private constant UNLOCK = 0x48c89491; // unlock(bytes)

    /// @dev Runs the command `v4`.
    function unlock(uint256 start, uint256 next, uint256 frame) internal {
        uint256 message;
        assembly ("memory-safe") {
            message := mload(0x40) // free memory, which each command overwrites
            mstore(message, UNLOCK) // selector at message + 0x1c
            mstore(add(message, 0x20), 0x20) // offset of `data`
        }
        uint256 length =
            Nested.arm(POOL_MANAGER, UNISWAP_V4_CALLBACK, message + 0x40, start, next, frame);
        bool ok;
        assembly ("memory-safe") {
            let size := add(0x44, length)
            ok := call(gas(), POOL_MANAGER, 0, add(message, 0x1c), size, 0x00, 0x00)
        }
        if (!ok) Reverts.hopFailed(POOL_MANAGER);
    }
}
