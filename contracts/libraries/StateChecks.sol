// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {
    CHECK_V2_DIGEST_AT,
    CHECK_V2_DIGEST_SHIFT,
    CHECK_V2_POOL_AT,
    CHECK_V2_POOL_SHIFT
} from "./Program.sol";

/// @dev Early checks of the state that a program relies on: a run that comes too late ends before it
/// has paid for its swaps.
library StateChecks {
    /// @dev Runs a command that compares the first `size` bytes (32 or 64) which the pool's view
    /// `selector` returns with a digest. All such commands have the same fields.
    function check(uint256 cursor, uint256 selector, uint256 size) internal view {
        address pool;
        bool fresh;
        assembly ("memory-safe") {
            pool := shr(CHECK_V2_POOL_SHIFT, calldataload(add(cursor, CHECK_V2_POOL_AT)))
            let digest := calldataload(add(cursor, CHECK_V2_DIGEST_AT))
            digest := shr(CHECK_V2_DIGEST_SHIFT, digest)
            mstore(0x00, selector) // at 0x1c
            fresh := staticcall(gas(), pool, 0x1c, 0x04, 0x00, size) // scratch takes it
            fresh := and(fresh, iszero(lt(returndatasize(), size)))
            fresh := and(fresh, eq(digest, shr(224, keccak256(0x00, size)))) // first four bytes
        }
        if (!fresh) revert IArbitrageExecutor.StaleState(pool);
    }
}
