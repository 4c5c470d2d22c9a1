// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

// What more than one file says to tokens and pools: selectors, right-aligned, and the price limits that limit
// nothing, which Uniswap V3's TickMath and V4's share.

uint256 constant BALANCE_OF = 0x70a08231; // balanceOf(address)
uint256 constant TRANSFER = 0xa9059cbb; // transfer(address,uint256)
uint256 constant V2_SWAP = 0x022c0d9f; // swap(uint256,uint256,address,bytes)
uint256 constant V3_SWAP = 0x128acb08; // swap(address,bool,int256,uint160,bytes)
uint256 constant MIN_PRICE = 4295128740; // MIN_SQRT_RATIO + 1
uint256 constant MAX_PRICE = 1461446703485210103287273052203988822378723970341; // MAX_SQRT_RATIO - 1
