// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {
    OPCODE_MASK,
    RECIPIENT_MASK,
    RECIPIENT_SHIFT,
    TAKES_DELIVERY,
    TOKEN_SIZE,
    TO_ADDRESS,
    TO_NEXT,
    V2_POOL_AT,
    V2_POOL_SHIFT
} from "./Program.sol";

/// @dev Where a payment or an output goes. Offsets cannot wrap: a cursor lies within calldata, and a
/// step adds at most 2^16 + 128.
library Recipients {
    /// @dev Offset behind a command whose fields end at `at`: the recipient's address may follow.
    function skip(uint256 head, uint256 at) internal pure returns (uint256 behind) {
        assembly ("memory-safe") {
            let given := eq(and(shr(RECIPIENT_SHIFT, head), RECIPIENT_MASK), TO_ADDRESS)
            behind := add(at, mul(TOKEN_SIZE, given))
        }
    }

    /// @dev Recipient of the command whose fields end at `at`, before one that begins at `next`.
    /// Reverts for a callback's pool where there is none, for a next command that is none or takes no
    /// delivered input, and for the zero address. That the next command is whole, it checks itself
    /// before it runs.
    function find(uint256 head, uint256 at, uint256 next, uint256 end, uint256 frame)
        internal
        view
        returns (address to)
    {
        bool found;
        assembly ("memory-safe") {
            let target := and(shr(RECIPIENT_SHIFT, head), RECIPIENT_MASK)
            to := address() // TO_SELF
            if target {
                to := mload(add(frame, 0x20)) // TO_CALLER
                if eq(target, TO_NEXT) {
                    let opcode := and(byte(0, calldataload(next)), OPCODE_MASK)
                    let deliverable := and(shr(opcode, TAKES_DELIVERY), lt(next, end)) // 0 or 1
                    to := mul(deliverable, shr(V2_POOL_SHIFT, calldataload(add(next, V2_POOL_AT))))
                }
                if eq(target, TO_ADDRESS) { to := shr(96, calldataload(at)) }
            }
            found := iszero(iszero(to))
        }
        if (!found) revert IArbitrageExecutor.BadRecipient(next);
    }
}
