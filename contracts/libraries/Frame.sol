// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

/// @dev What a command must know of the call that runs it, in memory: each call, and so each callback,
/// has a frame of its own, which no other call can reach. `frame` is its position.
///
/// | offset | word |
/// |---|---|
/// | 0x00 | calldata offset of the tokens byte, which the declared addresses follow |
/// | 0x20 | the contract whose callback this is, if it may receive; else zero |
/// | 0x40 | 1 if that contract asks for a payment in its first two arguments; else zero |
/// | 0x60 | in the entry call only: the declared tokens' balances at entry |
library Frame {
    uint256 internal constant SIZE = 0x60;

    /// @dev Allocates a frame.
    function open(uint256 tokensAt, address counterparty, uint256 asks)
        internal
        pure
        returns (uint256 frame)
    {
        assembly ("memory-safe") {
            frame := mload(0x40) // free memory
            mstore(frame, tokensAt)
            mstore(add(frame, 0x20), counterparty)
            mstore(add(frame, 0x40), asks)
            mstore(0x40, add(frame, SIZE)) // kept for as long as the call lasts
        }
    }
}
