// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {BALANCE_OF, TRANSFER} from "../interfaces/Calls.sol";
import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";

/// @dev The token calls that exist here. Transfers and approvals succeed if the call did not revert,
/// and returned exactly true, or nothing at all while code exists.
library TokenCalls {
    uint256 private constant APPROVE = 0x095ea7b3; // approve(address,uint256)
    uint256 private constant ALLOWANCE = 0xdd62ed3e; // allowance(address,address)

    function transfer(address token, address to, uint256 amount) internal {
        _call(token, TRANSFER, to, amount);
    }

    function approve(address token, address spender, uint256 amount) internal {
        _call(token, APPROVE, spender, amount);
    }

    /// @dev The executor's own balance of `token`.
    function balanceOf(address token) internal view returns (uint256 held) {
        return balanceOf(token, address(this));
    }

    function balanceOf(address token, address holder) internal view returns (uint256 held) {
        bool ok;
        assembly ("memory-safe") {
            mstore(0x00, BALANCE_OF) // selector at 0x1c
            mstore(0x20, holder)
            ok := staticcall(gas(), token, 0x1c, 0x24, 0x00, 0x20)
            ok := and(ok, gt(returndatasize(), 0x1f)) // a whole word came back
            held := mload(0x00)
        }
        if (!ok) revert IArbitrageExecutor.TokenCallFailed(token);
    }

    /// @dev Reverts unless `spender` has used all that it was approved for.
    function requireNoAllowance(address token, address spender) internal view {
        bool ok;
        uint256 left;
        assembly ("memory-safe") {
            let free := mload(0x40) // its word is overwritten below
            mstore(0x00, ALLOWANCE) // selector at 0x1c
            mstore(0x20, address()) // owner
            mstore(0x40, spender)
            ok := staticcall(gas(), token, 0x1c, 0x44, 0x00, 0x20)
            mstore(0x40, free)
            ok := and(ok, gt(returndatasize(), 0x1f)) // a whole word came back
            left := mload(0x00)
        }
        if (!ok) revert IArbitrageExecutor.TokenCallFailed(token);
        if (left != 0) revert IArbitrageExecutor.AllowanceLeft(token, spender);
    }

    /// @dev Calls `selector(account, amount)`.
    function _call(address token, uint256 selector, address account, uint256 amount) private {
        bool ok;
        assembly ("memory-safe") {
            let free := mload(0x40) // its word is overwritten below
            mstore(0x00, selector) // selector at 0x1c
            mstore(0x20, account)
            mstore(0x40, amount)
            ok := call(gas(), token, 0, 0x1c, 0x44, 0x00, 0x20)
            mstore(0x40, free)
            // exactly true; a shorter answer leaves the selector's last byte, which is not 1
            if iszero(and(ok, eq(mload(0x00), 1))) {
                // or no answer at all, from an account that has code
                ok := and(ok, and(iszero(returndatasize()), gt(extcodesize(token), 0)))
            }
        }
        if (!ok) revert IArbitrageExecutor.TokenCallFailed(token);
    }
}
