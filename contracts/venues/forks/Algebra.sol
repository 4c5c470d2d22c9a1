// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

// Algebra 1.x (QuickSwap V3) is a fork of Uniswap V3 in all that a swap needs: the same `swap`, the
// same two amounts in its callback. Only the names differ.

uint256 constant ALGEBRA_CALLBACK = 0x2c8958f6; // algebraSwapCallback(int256,int256,bytes)
uint256 constant ALGEBRA_STATE = 0xe76c01e4; // globalState(), the price first
