// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {MORPHO_BLUE, MORPHO_SIZE} from "../libraries/Program.sol";
import {Reverts} from "../libraries/Reverts.sol";
import {Loans} from "./Loans.sol";

uint256 constant MORPHO_CALLBACK = 0x31f57072; // onMorphoFlashLoan(uint256,bytes)

/// @dev Morpho Blue's `flashLoan`: free, and repaid by allowance. Its callback does not name the
/// token; the bound terms do.
library MorphoBlue {
    uint256 private constant FLASH_LOAN = 0xe0232b42; // flashLoan(address,uint256,bytes)

    /// @dev Runs the command `morpho`.
    function borrow(uint256 cursor, uint256 next, uint256 frame) internal {
        (address token, uint256 amount) = Loans.read(cursor, frame);
        uint256 message;
        assembly ("memory-safe") {
            message := mload(0x40) // free memory, which each command overwrites
            mstore(message, FLASH_LOAN) // selector at message + 0x1c
            mstore(add(message, 0x20), token)
            mstore(add(message, 0x40), amount)
            mstore(add(message, 0x60), 0x60) // offset of `data`
        }
        uint256 length =
            Loans.arm(MORPHO_BLUE, MORPHO_CALLBACK, message + 0x80, cursor, next, frame);
        bool ok;
        assembly ("memory-safe") {
            ok := call(gas(), MORPHO_BLUE, 0, add(message, 0x1c), add(0x84, length), 0x00, 0x00)
        }
        if (!ok) Reverts.hopFailed(MORPHO_BLUE);
    }

    /// @dev Accepts the loan that this callback announces.
    function received() internal view returns (Loans.Loan memory) {
        uint256 amount;
        assembly ("memory-safe") {
            amount := calldataload(0x04)
        }
        return Loans.receive_(MORPHO_CALLBACK, 0x44, address(0), amount, 0, MORPHO_SIZE, false);
    }
}
