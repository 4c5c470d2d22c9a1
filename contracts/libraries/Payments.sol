// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {DeclaredTokens} from "./DeclaredTokens.sol";
import {
    ALL_BUT,
    OPCODE_MASK,
    PAY_AMOUNT_AT,
    PAY_AMOUNT_SHIFT,
    PAY_OWED_MAX_AMOUNT_AT,
    PAY_OWED_MAX_AMOUNT_SHIFT,
    PAY_OWED_TOKEN_AT,
    PAY_OWED_TOKEN_SHIFT,
    PAY_SIZE,
    PAY_TOKEN_AT,
    PAY_TOKEN_SHIFT,
    RECIPIENT_MASK,
    RECIPIENT_SHIFT,
    TAKES_DELIVERY,
    TO_CALLER,
    TO_NEXT
} from "./Program.sol";
import {TokenCalls} from "./TokenCalls.sol";

/// @dev Payments out of what the executor holds, in declared tokens only.
library Payments {
    /// @dev Runs the command `pay` in its usual forms; returns the offset behind it, or zero where the
    /// loop has to look closer: it goes to an address, or pays all but something, or is malformed.
    function payFast(uint256 cursor, uint256 end, uint256 frame) internal returns (uint256 next) {
        uint256 amount;
        uint256 index;
        address to;
        assembly ("memory-safe") {
            index := shr(PAY_TOKEN_SHIFT, calldataload(add(cursor, PAY_TOKEN_AT)))
            amount := shr(PAY_AMOUNT_SHIFT, calldataload(add(cursor, PAY_AMOUNT_AT)))
            next := add(cursor, PAY_SIZE) // cannot wrap: the cursor lies within calldata
            let target := and(shr(RECIPIENT_SHIFT, byte(0, calldataload(cursor))), RECIPIENT_MASK)
            switch eq(target, TO_NEXT)
            case 1 {
                // the pool of a command that begins within the stream and takes delivered input
                let taker := calldataload(next)
                to := and(shr(and(byte(0, taker), OPCODE_MASK), TAKES_DELIVERY), lt(next, end))
                to := mul(to, shr(96, shl(8, taker)))
            }
            default { to := mul(mload(add(frame, 0x20)), eq(target, TO_CALLER)) }
            if or(or(gt(next, end), gt(amount, sub(ALL_BUT, 1))), iszero(to)) { next := 0 }
        }
        if (next != 0) TokenCalls.transfer(DeclaredTokens.at(index, frame), to, amount);
    }

    /// @dev Runs the command `pay`.
    function pay(uint256 cursor, address to, uint256 frame) internal {
        uint256 index;
        uint256 amount;
        assembly ("memory-safe") {
            index := shr(PAY_TOKEN_SHIFT, calldataload(add(cursor, PAY_TOKEN_AT)))
            amount := shr(PAY_AMOUNT_SHIFT, calldataload(add(cursor, PAY_AMOUNT_AT)))
        }
        address token = DeclaredTokens.at(index, frame);
        if (amount >= ALL_BUT) amount = DeclaredTokens.allBut(amount, token, cursor);
        TokenCalls.transfer(token, to, amount);
    }

    /// @dev Runs the command `pay_owed`.
    function payOwed(uint256 cursor, uint256 frame) internal {
        uint256 index;
        uint256 most;
        uint256 asked;
        assembly ("memory-safe") {
            index := shr(PAY_OWED_TOKEN_SHIFT, calldataload(add(cursor, PAY_OWED_TOKEN_AT)))
            most := calldataload(add(cursor, PAY_OWED_MAX_AMOUNT_AT))
            most := shr(PAY_OWED_MAX_AMOUNT_SHIFT, most)
            asked := mload(add(frame, 0x40)) // zero where this is no callback that asks
        }
        payAsked(DeclaredTokens.at(index, frame), asked, most);
    }

    /// @dev Pays the pool that calls back what it asks for, at most `most`.
    function payAsked(address token, uint256 asked, uint256 most) internal {
        if (asked == 0 || asked > most) revert IArbitrageExecutor.WrongPayment(asked, most);
        TokenCalls.transfer(token, msg.sender, asked);
    }
}
