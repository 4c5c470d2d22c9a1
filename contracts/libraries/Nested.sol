// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {CallbackGuard} from "./CallbackGuard.sol";
import {TOKEN_COUNT_MASK, TOKEN_SIZE} from "./Program.sol";

/// @dev Streams that run inside a callback: they travel as the data of the call, behind a copy of the
/// declared tokens.
library Nested {
    /// @dev Writes the data of a call that calls back: the declared tokens, then calldata
    /// [start, next); arms `pool` for it. `lengthAt` is the memory position of the data's ABI length
    /// word. Returns the data's length.
    function arm(
        address pool,
        uint256 selector,
        uint256 lengthAt,
        uint256 start,
        uint256 next,
        uint256 frame
    ) internal returns (uint256 length) {
        assembly ("memory-safe") {
            let tokens := mload(frame) // the tokens byte and its addresses
            length := mul(TOKEN_SIZE, and(byte(0, calldataload(tokens)), TOKEN_COUNT_MASK))
            length := add(length, 1)
            let to := add(lengthAt, 0x20)
            calldatacopy(to, tokens, length)
            let size := sub(next, start) // the loop has compared them
            calldatacopy(add(to, length), start, size)
            length := add(length, size)
        }
        CallbackGuard.arm(pool, selector, lengthAt, length);
    }
}
