// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {AAVE_SIZE} from "../libraries/Program.sol";
import {Reverts} from "../libraries/Reverts.sol";
import {Loans} from "./Loans.sol";

uint256 constant AAVE_CALLBACK = 0x1b11d0ff; // executeOperation(address,uint256,uint256,address,bytes)

/// @dev Aave V3's `flashLoanSimple`, from the executor's immutable pool only.
library AaveV3 {
    // flashLoanSimple(address,address,uint256,bytes,uint16)
    uint256 private constant FLASH_LOAN = 0x42b0b77c;

    /// @dev Runs the command `aave`.
    function borrow(address pool, uint256 cursor, uint256 next, uint256 frame) internal {
        (address token, uint256 amount) = Loans.read(cursor, frame);
        uint256 message;
        assembly ("memory-safe") {
            message := mload(0x40) // free memory, which each command overwrites
            mstore(message, FLASH_LOAN) // selector at message + 0x1c
            mstore(add(message, 0x20), address()) // receiver
            mstore(add(message, 0x40), token)
            mstore(add(message, 0x60), amount)
            mstore(add(message, 0x80), 0xa0) // offset of `params`
            mstore(add(message, 0xa0), 0) // referral code
        }
        uint256 length = Loans.arm(pool, AAVE_CALLBACK, message + 0xc0, cursor, next, frame);
        bool ok;
        assembly ("memory-safe") {
            ok := call(gas(), pool, 0, add(message, 0x1c), add(0xc4, length), 0x00, 0x00)
        }
        if (!ok) Reverts.hopFailed(pool);
    }

    /// @dev Accepts the loan that this callback announces.
    function received() internal view returns (Loans.Loan memory) {
        address asset;
        uint256 amount;
        uint256 premium;
        address initiator;
        assembly ("memory-safe") {
            asset := calldataload(0x04)
            amount := calldataload(0x24)
            premium := calldataload(0x44)
            initiator := calldataload(0x64)
        }
        if (initiator != address(this)) revert IArbitrageExecutor.UnexpectedCallback(msg.sender);
        return Loans.receive_(AAVE_CALLBACK, 0xa4, asset, amount, premium, AAVE_SIZE, true);
    }
}
