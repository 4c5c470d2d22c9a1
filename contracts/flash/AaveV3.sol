// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {CallbackGuard} from "../libraries/CallbackGuard.sol";
import {DeclaredTokens} from "../libraries/DeclaredTokens.sol";
import {
    AAVE_AMOUNT_AT,
    AAVE_AMOUNT_SHIFT,
    AAVE_MAX_PREMIUM_AT,
    AAVE_MAX_PREMIUM_SHIFT,
    AAVE_NESTED_LENGTH_AT,
    AAVE_NESTED_LENGTH_SHIFT,
    AAVE_SIZE,
    AAVE_TOKEN_AT,
    AAVE_TOKEN_SHIFT
} from "../libraries/Program.sol";
import {Reverts} from "../libraries/Reverts.sol";
import {TokenCalls} from "../libraries/TokenCalls.sol";

/// @dev Aave V3's `flashLoanSimple`, from the executor's immutable pool only. The command's terms
/// (token, amount, highest premium) and its nested stream travel together as the bound data, so the
/// callback compares the loan with what the program said, not with what the caller says.
library AaveV3 {
    // flashLoanSimple(address,address,uint256,bytes,uint16)
    uint256 private constant FLASH_LOAN = 0x42b0b77c;
    // executeOperation(address,uint256,uint256,address,bytes)
    uint256 private constant CALLBACK = 0x1b11d0ff;

    /// @dev Runs the command `aave`.
    function borrow(address pool, uint256 cursor, uint256 end) internal returns (uint256 next) {
        address token = DeclaredTokens.at(_field(cursor + AAVE_TOKEN_AT, AAVE_TOKEN_SHIFT));
        uint256 amount = _field(cursor + AAVE_AMOUNT_AT, AAVE_AMOUNT_SHIFT);
        uint256 nested = _field(cursor + AAVE_NESTED_LENGTH_AT, AAVE_NESTED_LENGTH_SHIFT);
        next = cursor + AAVE_SIZE + nested;
        if (next > end) revert IArbitrageExecutor.TruncatedProgram(cursor);
        uint256 terms = cursor + AAVE_TOKEN_AT;
        uint256 length = next - terms;

        uint256 message;
        assembly ("memory-safe") {
            message := mload(0x40) // built in free memory, which each command overwrites
            mstore(message, FLASH_LOAN) // selector at message + 0x1c
            mstore(add(message, 0x20), address()) // receiver
            mstore(add(message, 0x40), token)
            mstore(add(message, 0x60), amount)
            mstore(add(message, 0x80), 0xa0) // offset of `params`
            mstore(add(message, 0xa0), 0) // referral code
            calldatacopy(add(message, 0xe0), terms, length) // in bounds: see above
        }
        CallbackGuard.arm(pool, CALLBACK, message, length);
        bool ok;
        assembly ("memory-safe") {
            ok := call(gas(), pool, 0, add(message, 0x1c), add(0xc4, length), 0x00, 0x00)
        }
        if (!ok) Reverts.hopFailed(pool);
        CallbackGuard.requireConsumed(pool);
    }

    /// @dev Compares the loan with the bound terms, and returns the bounds of the nested stream.
    function received(address asset, uint256 amount, uint256 premium, bytes calldata terms)
        internal
        view
        returns (uint256 cursor, uint256 end)
    {
        uint256 command;
        assembly ("memory-safe") {
            command := sub(terms.offset, AAVE_TOKEN_AT) // an offset behind four ABI words
        }
        end = command + AAVE_TOKEN_AT + terms.length;
        cursor = command + AAVE_SIZE; // `borrow` has sent at least these bytes
        uint256 index = _field(command + AAVE_TOKEN_AT, AAVE_TOKEN_SHIFT);
        if (
            asset != DeclaredTokens.at(index)
                || amount != _field(command + AAVE_AMOUNT_AT, AAVE_AMOUNT_SHIFT)
                || premium > _field(command + AAVE_MAX_PREMIUM_AT, AAVE_MAX_PREMIUM_SHIFT)
        ) revert IArbitrageExecutor.WrongLoan(asset, amount, premium);
    }

    /// @dev Lets the pool, which is calling, take exactly what it lent and its premium.
    function approveRepayment(address asset, uint256 amount) internal {
        TokenCalls.approve(asset, msg.sender, amount);
    }

    /// @dev Field at `at`, right-aligned by `shift`.
    function _field(uint256 at, uint256 shift) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(shift, calldataload(at))
        }
    }
}
