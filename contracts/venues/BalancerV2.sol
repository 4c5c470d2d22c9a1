// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {DeclaredTokens} from "../libraries/DeclaredTokens.sol";
import {
    ALL_BUT,
    BALANCER_AMOUNT_IN_AT,
    BALANCER_AMOUNT_IN_SHIFT,
    BALANCER_POOL_ID_AT,
    BALANCER_TOKEN_AT,
    BALANCER_TOKEN_OUT_AT,
    BALANCER_TOKEN_OUT_SHIFT,
    BALANCER_TOKEN_SHIFT,
    BALANCER_VAULT
} from "../libraries/Program.sol";
import {Reverts} from "../libraries/Reverts.sol";
import {TokenCalls} from "../libraries/TokenCalls.sol";

/// @dev Balancer V2 pools, of any kind, through the immutable vault: it pulls exactly the input by
/// allowance. Internal balances are never touched.
library BalancerV2 {
    // swap((bytes32,uint8,address,address,uint256,bytes),(address,bool,address,bool),uint256,uint256)
    uint256 private constant SWAP = 0x52bbbe29;

    /// @dev Runs the command `balancer`.
    function swap(uint256 cursor, address to, uint256 frame) internal {
        uint256 index;
        uint256 amount;
        assembly ("memory-safe") {
            index := shr(BALANCER_TOKEN_SHIFT, calldataload(add(cursor, BALANCER_TOKEN_AT)))
            amount := calldataload(add(cursor, BALANCER_AMOUNT_IN_AT))
            amount := shr(BALANCER_AMOUNT_IN_SHIFT, amount)
        }
        address token = DeclaredTokens.at(index, frame);
        if (amount >= ALL_BUT) amount = DeclaredTokens.allBut(amount, token, cursor);
        TokenCalls.approve(token, BALANCER_VAULT, amount);
        _swap(cursor, token, amount, to);
        TokenCalls.requireNoAllowance(token, BALANCER_VAULT);
    }

    function _swap(uint256 cursor, address token, uint256 amount, address to) private {
        bool ok;
        assembly ("memory-safe") {
            let message := mload(0x40) // free memory, which each command overwrites
            mstore(message, SWAP) // selector at message + 0x1c
            mstore(add(message, 0x20), 0xe0) // offset of `singleSwap`
            mstore(add(message, 0x40), address()) // sender
            mstore(add(message, 0x60), 0) // not from its internal balance
            mstore(add(message, 0x80), to) // recipient
            mstore(add(message, 0xa0), 0) // nor to such
            mstore(add(message, 0xc0), 0) // limit: the settlement judges the whole run
            mstore(add(message, 0xe0), not(0)) // deadline: the header has one
            mstore(add(message, 0x100), calldataload(add(cursor, BALANCER_POOL_ID_AT)))
            mstore(add(message, 0x120), 0) // kind: given in
            mstore(add(message, 0x140), token)
            let tokenOut := calldataload(add(cursor, BALANCER_TOKEN_OUT_AT))
            mstore(add(message, 0x160), shr(BALANCER_TOKEN_OUT_SHIFT, tokenOut))
            mstore(add(message, 0x180), amount)
            mstore(add(message, 0x1a0), 0xc0) // offset of `userData`
            mstore(add(message, 0x1c0), 0) // its length
            ok := call(gas(), BALANCER_VAULT, 0, add(message, 0x1c), 0x1c4, 0x00, 0x00)
        }
        if (!ok) Reverts.hopFailed(BALANCER_VAULT);
    }
}
