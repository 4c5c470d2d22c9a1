// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {CallbackGuard} from "./CallbackGuard.sol";
import {DeclaredTokens} from "./DeclaredTokens.sol";

/// @dev Streams that run inside a callback: they travel as the data of the call, behind a copy of the
/// declared tokens.
library Nested {
    /// @dev Offset behind a nested stream that begins at `start`; length 0 stands for the rest of the
    /// enclosing stream. Reverts where it, or the command before it, passes the enclosing one's end.
    function behind(uint256 cursor, uint256 start, uint256 length, uint256 end)
        internal
        pure
        returns (uint256 next)
    {
        bool fits;
        assembly ("memory-safe") {
            next := add(start, length) // at most 2^16 further: cannot wrap
            if iszero(length) { next := end }
            fits := iszero(or(gt(start, end), gt(next, end)))
        }
        if (!fits) revert IArbitrageExecutor.TruncatedProgram(cursor);
    }

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
        uint256 to = lengthAt + 0x20;
        uint256 size = DeclaredTokens.copy(frame, to);
        assembly ("memory-safe") {
            let streamed := sub(next, start) // `behind` has compared them
            calldatacopy(add(to, size), start, streamed)
            length := add(size, streamed)
        }
        CallbackGuard.arm(pool, selector, lengthAt, length);
    }
}
