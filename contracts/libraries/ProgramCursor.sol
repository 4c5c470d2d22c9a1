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
    V2_POOL_SHIFT
} from "./Program.sol";

/// @dev Whom a command serves. Every command checks its own end against its stream's; offsets
/// cannot wrap, since a cursor lies within calldata and a step adds at most 2^16 + 64.
library ProgramCursor {
    /// @dev Where a payment or an output goes: to the executor, to the pool that called back, or to
    /// the pool of the next command, which begins at `next`. Reverts for a callback's pool where
    /// there is none, and for a next command that is none or takes no delivered input. That the
    /// next command is whole, it checks itself before it runs.
    function recipient(uint256 head, uint256 next, uint256 end, address counterparty)
        internal
        view
        returns (address to)
    {
        bool found;
        assembly ("memory-safe") {
            let target := and(shr(RECIPIENT_SHIFT, head), RECIPIENT_MASK)
            switch eq(target, TO_SELF)
            case 1 { to := address() }
            default {
                to := mul(counterparty, eq(target, TO_CALLER))
                if eq(target, TO_NEXT) {
                    let opcode := and(byte(0, calldataload(next)), OPCODE_MASK)
                    let deliverable := and(shr(opcode, TAKES_DELIVERY), lt(next, end)) // 0 or 1
                    to := mul(deliverable, shr(V2_POOL_SHIFT, calldataload(add(next, V2_POOL_AT))))
                }
            }
            found := iszero(iszero(to))
        }
        if (!found) revert IArbitrageExecutor.BadRecipient(next);
    }
}
