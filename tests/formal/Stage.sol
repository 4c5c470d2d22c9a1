// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {vm} from "./Cheats.sol";
import {Watch} from "./Watch.sol";

/// @dev A token that notes in its storage whatever it is asked to do.
contract NotedToken {
    mapping(address => uint256) public balanceOf;
    uint256 private _asked;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    /// @dev A transfer, an approval, anything that is not a look.
    fallback(bytes calldata) external returns (bytes memory) {
        ++_asked;
        return abi.encode(true);
    }
}

/// @dev A pool that, called while it is armed, lets someone else call the executor, and reverts
/// with what came of it: the executor's report of a failed hop carries that out.
contract Stage {
    error Attacked(bool succeeded, bool changed);

    address private _executor;
    address private _stranger;
    bytes private _data;

    function prepare(address executor, address stranger, bytes calldata data) external {
        _executor = executor;
        _stranger = stranger;
        _data = data;
    }

    fallback() external {
        bytes32 earlier = Watch.state(_executor);
        vm.prank(_stranger);
        (bool succeeded,) = _executor.call(_data);
        revert Attacked(succeeded, Watch.state(_executor) != earlier);
    }
}
