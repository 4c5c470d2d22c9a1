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
    V2_POOL_AT,
    V2_POOL_SHIFT
} from "./Program.sol";

/// @dev Whom a command serves. Every command checks its own end against its stream's; offsets
/// cannot wrap, since a cursor lies within calldata and a step adds at most 2^16 + 64.
library ProgramCursor {
    /// @dev Where a swap's output goes. `next` is where the stream's following command begins.
    function recipient(uint256 head, uint256 next, uint256 end, address counterparty)
        internal
        view
        returns (address to)
    {
        assembly ("memory-safe") {
            if iszero(and(shr(RECIPIENT_SHIFT, head), RECIPIENT_MASK)) { to := address() } // TO_SELF
        }
        if (to == address(0)) to = pool(head, next, end, counterparty);
    }

    /// @dev The pool that a command's head names: the one that called back, or the next command's.
    /// Reverts for any other target, for a callback's pool where there is none, and for a next
    /// command that is none or takes no delivered input. That the next command is whole, it checks
    /// itself before it runs.
    function pool(uint256 head, uint256 next, uint256 end, address counterparty)
        internal
        pure
        returns (address to)
    {
        assembly ("memory-safe") {
            let target := and(shr(RECIPIENT_SHIFT, head), RECIPIENT_MASK)
            if eq(target, TO_CALLER) { to := counterparty }
            if eq(target, TO_NEXT) {
                let opcode := and(byte(0, calldataload(next)), OPCODE_MASK)
                let deliverable := and(shr(opcode, TAKES_DELIVERY), lt(next, end)) // 0 or 1
                to := mul(deliverable, shr(V2_POOL_SHIFT, calldataload(add(next, V2_POOL_AT))))
            }
        }
        if (to == address(0)) revert IArbitrageExecutor.BadRecipient(next);
    }
}
