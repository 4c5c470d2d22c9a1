// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {BALANCER_FLASH_SIZE, BALANCER_VAULT} from "../libraries/Program.sol";
import {Reverts} from "../libraries/Reverts.sol";
import {Loans} from "./Loans.sol";

// receiveFlashLoan(address[],uint256[],uint256[],bytes)
uint256 constant BALANCER_CALLBACK = 0xf04f2707;

/// @dev Balancer V2's `flashLoan` of one token, repaid by transfer. Anyone can name the executor as
/// the recipient of a loan of theirs: only the armed one is accepted.
library BalancerV2Loan {
    uint256 private constant FLASH_LOAN = 0x5c38449e; // flashLoan(address,address[],uint256[],bytes)

    /// @dev Runs the command `balancer_flash`.
    function borrow(uint256 cursor, uint256 next, uint256 frame) internal {
        (address token, uint256 amount) = Loans.read(cursor, frame);
        uint256 message;
        assembly ("memory-safe") {
            message := mload(0x40) // free memory, which each command overwrites
            mstore(message, FLASH_LOAN) // selector at message + 0x1c
            mstore(add(message, 0x20), address()) // recipient
            mstore(add(message, 0x40), 0x80) // offset of `tokens`
            mstore(add(message, 0x60), 0xc0) // offset of `amounts`
            mstore(add(message, 0x80), 0x100) // offset of `userData`
            mstore(add(message, 0xa0), 1)
            mstore(add(message, 0xc0), token)
            mstore(add(message, 0xe0), 1)
            mstore(add(message, 0x100), amount)
        }
        uint256 length =
            Loans.arm(BALANCER_VAULT, BALANCER_CALLBACK, message + 0x120, cursor, next, frame);
        bool ok;
        assembly ("memory-safe") {
            let size := add(0x124, length)
            ok := call(gas(), BALANCER_VAULT, 0, add(message, 0x1c), size, 0x00, 0x00)
        }
        if (!ok) Reverts.hopFailed(BALANCER_VAULT);
    }

    /// @dev Accepts the loan that this callback announces, at the places where the vault's encoder
    /// puts three arrays of one element.
    function received() internal view returns (Loans.Loan memory) {
        address asset;
        uint256 amount;
        uint256 premium;
        assembly ("memory-safe") {
            asset := calldataload(0xa4)
            amount := calldataload(0xe4)
            premium := calldataload(0x124)
        }
        return
            Loans.receive_(
                BALANCER_CALLBACK, 0x144, asset, amount, premium, BALANCER_FLASH_SIZE, true
            );
    }
}
