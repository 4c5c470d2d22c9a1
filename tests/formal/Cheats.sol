// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

/// @dev What the symbolic checker offers beside the EVM, at the two addresses that it knows.
interface Vm {
    function assume(bool) external;
    function prank(address sender) external;
    function etch(address where, bytes calldata code) external;
    function deal(address who, uint256 balance) external;
}

interface Svm {
    function createAddress(string calldata name) external returns (address);
    function createUint256(string calldata name) external returns (uint256);
    function createBytes(uint256 length, string calldata name) external returns (bytes memory);
    function snapshotStorage(address who) external returns (uint256 id);
}

Vm constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
Svm constant svm = Svm(0xF3993A62377BCd56AE39D773740A5390411E8BC9);
