// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {CallbackGuard} from "../libraries/CallbackGuard.sol";
import {DeclaredTokens} from "../libraries/DeclaredTokens.sol";
import {Frame} from "../libraries/Frame.sol";
import {Nested} from "../libraries/Nested.sol";
import {
    AAVE_AMOUNT_AT,
    AAVE_AMOUNT_SHIFT,
    AAVE_MAX_PREMIUM_AT,
    AAVE_MAX_PREMIUM_SHIFT,
    AAVE_TOKEN_AT,
    AAVE_TOKEN_SHIFT
} from "../libraries/Program.sol";

/// @dev What the lenders have in common. A command's terms (token, amount, highest premium where there
/// is one) and its nested stream travel together as the bound data, so that the callback compares the
/// loan with what the program said, not with what its caller says.
library Loans {
    /// @dev A loan that has arrived: what to run on it, and what to repay.
    struct Loan {
        address token;
        uint256 repayment;
        uint256 frame;
        uint256 cursor;
        uint256 end;
    }

    /// @dev What a command borrows; every lender's begins with the same fields.
    function read(uint256 cursor, uint256 frame)
        internal
        pure
        returns (address token, uint256 amount)
    {
        token = DeclaredTokens.at(_field(cursor + AAVE_TOKEN_AT, AAVE_TOKEN_SHIFT), frame);
        amount = _field(cursor + AAVE_AMOUNT_AT, AAVE_AMOUNT_SHIFT);
    }

    /// @dev Writes terms and stream as a call's data, and arms its callback; returns their length.
    function arm(
        address lender,
        uint256 selector,
        uint256 lengthAt,
        uint256 cursor,
        uint256 next,
        uint256 frame
    ) internal returns (uint256 length) {
        return Nested.arm(lender, selector, lengthAt, cursor + AAVE_TOKEN_AT, next, frame);
    }

    /// @dev Consumes the callback whose data's ABI length word lies at `lengthAt` in calldata, and
    /// compares the loan that it announces with the terms of a command of `size` bytes. `named` says
    /// that this lender's callback names the token, and that its terms have a premium.
    function receive_(
        uint256 selector,
        uint256 lengthAt,
        address asset,
        uint256 amount,
        uint256 premium,
        uint256 size,
        bool named
    ) internal view returns (Loan memory loan) {
        (uint256 start, uint256 end) = CallbackGuard.requireArmed(selector, lengthAt);
        loan.frame = Frame.open(start, address(0), 0);
        // where the command would begin, did it lie here whole; an offset behind several ABI words
        uint256 command = DeclaredTokens.skip(start) - AAVE_TOKEN_AT;
        uint256 most = named ? _field(command + AAVE_MAX_PREMIUM_AT, AAVE_MAX_PREMIUM_SHIFT) : 0;
        uint256 index = _field(command + AAVE_TOKEN_AT, AAVE_TOKEN_SHIFT);
        address token = DeclaredTokens.at(index, loan.frame);
        if (
            (named && asset != token)
                || amount != _field(command + AAVE_AMOUNT_AT, AAVE_AMOUNT_SHIFT) || premium > most
        ) revert IArbitrageExecutor.WrongLoan(asset, amount, premium);
        loan.token = token;
        loan.repayment = amount + premium;
        loan.cursor = command + size;
        loan.end = end;
    }

    /// @dev Field at `at`, right-aligned by `shift`.
    function _field(uint256 at, uint256 shift) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(shift, calldataload(at))
        }
    }
}
