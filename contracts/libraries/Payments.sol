// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {TRANSFER} from "../interfaces/Calls.sol";
import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {DeclaredTokens} from "./DeclaredTokens.sol";
import {
    ALL_BUT,
    LEAD_WPOL,
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
    TOKEN_LEAD_SHIFT,
    TO_CALLER,
    TO_NEXT,
    USDC_E,
    WPOL
} from "./Program.sol";
import {TokenCalls} from "./TokenCalls.sol";

/// @dev Payments out of what the executor holds, in declared tokens only.
library Payments {
    /// @dev Runs the command `pay` in its usual form, a well-known token 0 to the next pool or to the one
    /// that calls back; returns the offset behind it, or zero where the loop has to look closer.
    function payFast(uint256 cursor, uint256 end, uint256 frame) internal returns (uint256 next) {
        address token;
        bool failed;
        assembly ("memory-safe") {
            let word := calldataload(cursor) // opcode and flags, index, amount, and what follows
            next := add(cursor, PAY_SIZE) // cannot wrap: the cursor lies within calldata
            let target := and(shr(RECIPIENT_SHIFT, byte(0, word)), RECIPIENT_MASK)
            let to := mul(mload(add(frame, 0x20)), eq(target, TO_CALLER))
            if eq(target, TO_NEXT) {
                // the pool of a command that begins within the stream and takes delivered input
                let taker := calldataload(next)
                to := and(shr(and(byte(0, taker), OPCODE_MASK), TAKES_DELIVERY), lt(next, end))
                to := mul(to, shr(96, shl(8, taker)))
            }
            let lead := shr(TOKEN_LEAD_SHIFT, byte(0, calldataload(mload(frame))))
            let amount := shr(PAY_AMOUNT_SHIFT, calldataload(add(cursor, PAY_AMOUNT_AT)))
            let unusual := or(byte(PAY_TOKEN_AT, word), iszero(lead)) // another token
            unusual := or(unusual, gt(amount, sub(ALL_BUT, 1))) // all but something
            unusual := or(unusual, or(gt(next, end), iszero(to))) // malformed, or to an address
            switch unusual
            case 0 {
                token := USDC_E
                if eq(lead, LEAD_WPOL) { token := WPOL }
                let free := mload(0x40) // its word is overwritten below
                mstore(0x00, TRANSFER) // selector at 0x1c
                mstore(0x20, to)
                mstore(0x40, amount)
                let ok := call(gas(), token, 0, 0x1c, 0x44, 0x00, 0x20)
                mstore(0x40, free)
                // exactly true, as both well-known tokens return it; or the selector is still there
                failed := iszero(and(ok, eq(mload(0x00), 1)))
            }
            default { next := 0 }
        }
        if (failed) revert IArbitrageExecutor.TokenCallFailed(token);
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
        assembly ("memory-safe") {
            index := shr(PAY_OWED_TOKEN_SHIFT, calldataload(add(cursor, PAY_OWED_TOKEN_AT)))
            most := calldataload(add(cursor, PAY_OWED_MAX_AMOUNT_AT))
            most := shr(PAY_OWED_MAX_AMOUNT_SHIFT, most)
        }
        payAsked(DeclaredTokens.at(index, frame), asked(frame), most);
    }

    /// @dev Pays the pool that calls back what it asks for, at most `most`.
    function payAsked(address token, uint256 amount, uint256 most) internal {
        if (amount == 0 || amount > most) revert IArbitrageExecutor.WrongPayment(amount, most);
        TokenCalls.transfer(token, msg.sender, amount);
    }

    /// @dev What the contract whose callback runs this frame asks for; zero where none does.
    function asked(uint256 frame) internal pure returns (uint256 amount) {
        bool asks;
        assembly ("memory-safe") {
            asks := mload(add(frame, 0x40))
        }
        return asks ? askedNow() : 0;
    }

    /// @dev The greater of the two signed amounts that a Uniswap V3 callback begins with, if positive.
    function askedNow() internal pure returns (uint256 amount) {
        assembly ("memory-safe") {
            amount := calldataload(0x04)
            let other := calldataload(0x24)
            if sgt(other, amount) { amount := other }
            if slt(amount, 0) { amount := 0 }
        }
    }
}
