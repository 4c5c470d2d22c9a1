// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";

/// @dev The storage words that a run reads, each in a slot derived from an account's address by a
/// shift alone, far above the slots that Solidity numbers. An executor's word answers role and pause
/// together, in one cold read: pausing rewrites it.
library Authority {
    /// @dev Values of an executor's word; zero is no role.
    uint256 internal constant ACTIVE = 1;
    uint256 internal constant STOPPED = 2;

    /// @dev Reverts unless the caller is an executor and runs are not paused.
    function requireActive() internal view {
        uint256 word;
        assembly ("memory-safe") {
            word := sload(shl(96, caller())) // the one storage read of a run
        }
        if (word == ACTIVE) return;
        if (word == STOPPED) revert IArbitrageExecutor.ExecutionPaused();
        revert IArbitrageExecutor.Unauthorized(msg.sender);
    }

    function setExecutor(address executor, uint256 word) internal {
        assembly ("memory-safe") {
            sstore(shl(96, executor), word)
        }
    }

    /// @dev Whether the owner has listed a pool that pulls its input by allowance.
    function isListed(address pool) internal view returns (bool listed) {
        assembly ("memory-safe") {
            listed := sload(or(shl(96, pool), 1)) // the slot beside an executor's
        }
    }

    function setListed(address pool, bool listed) internal {
        assembly ("memory-safe") {
            sstore(or(shl(96, pool), 1), listed)
        }
    }
}
