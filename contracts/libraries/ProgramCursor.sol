// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {
    OPCODE_MASK,
    RECIPIENT_MASK,
    RECIPIENT_SHIFT,
    TAKES_DELIVERY,
    TO_CALLER,
    TO_NEXT,
    TO_SELF,
    V2_POOL_AT,
    V2_POOL_SHIFT,
    V2_SIZE
} from "./Program.sol";

/// @dev Bounded reads of a command stream in calldata. Offsets cannot wrap: a cursor never passes
/// an end that lies within calldata, and each step adds at most 2^16 + 64.
library ProgramCursor {
    /// @dev First byte of the command at `cursor`: opcode and flags.
    function head(uint256 cursor) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := byte(0, calldataload(cursor))
        }
    }

    /// @dev Field at `at`, right-aligned by `shift`. The caller has bounded the command.
    function field(uint256 at, uint256 shift) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(shift, calldataload(at))
        }
    }

    /// @dev End of `size` bytes from `cursor`; reverts when that passes the stream's end.
    function bounded(uint256 cursor, uint256 size, uint256 end)
        internal
        pure
        returns (uint256 next)
    {
        unchecked {
            next = cursor + size;
        }
        if (next > end) revert IArbitrageExecutor.TruncatedProgram(cursor);
    }

    /// @dev Whom a command's output goes to; `next` is where the stream's following command begins.
    function recipient(uint256 head_, uint256 next, uint256 end, address counterparty)
        internal
        view
        returns (address)
    {
        uint256 target = (head_ >> RECIPIENT_SHIFT) & RECIPIENT_MASK;
        return target == TO_SELF ? address(this) : pool(target, next, end, counterparty);
    }

    /// @dev The pool that `target` names: the one that called back, or the next command's if that
    /// takes delivered input.
    function pool(uint256 target, uint256 next, uint256 end, address counterparty)
        internal
        pure
        returns (address)
    {
        if (target == TO_NEXT) {
            bounded(next, V2_SIZE, end);
            if ((TAKES_DELIVERY >> (head(next) & OPCODE_MASK)) & 1 == 1) {
                return address(uint160(field(next + V2_POOL_AT, V2_POOL_SHIFT)));
            }
        } else if (target == TO_CALLER && counterparty != address(0)) {
            return counterparty;
        }
        revert IArbitrageExecutor.BadRecipient(next);
    }
}
