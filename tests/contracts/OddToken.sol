// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

/// @dev A token whose transfer answers as it was told to: tokens differ most in what they return.
contract OddToken {
    mapping(address => uint256) public balanceOf;
    bytes public answer;
    bool public reverts;
    uint256 public feeBasisPoints;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function configure(bytes calldata answer_, bool reverts_, uint256 feeBasisPoints_) external {
        answer = answer_;
        reverts = reverts_;
        feeBasisPoints = feeBasisPoints_;
    }

    function transfer(address to, uint256 amount) external {
        require(!reverts, "OddToken: refused");
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount - (amount * feeBasisPoints) / 10_000;
        bytes memory result = answer;
        assembly {
            return(add(result, 0x20), mload(result))
        }
    }
}
