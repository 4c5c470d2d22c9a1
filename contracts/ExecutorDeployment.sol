// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {Administration} from "./Administration.sol";
import {ArbitrageExecutor} from "./ArbitrageExecutor.sol";
import {IArbitrageExecutor} from "./interfaces/IArbitrageExecutor.sol";
import {DIRECTORY_PAIRS, DIRECTORY_POOLS} from "./libraries/Program.sol";

/// @dev The creation of an executor: what stands at its address afterwards is `ArbitrageExecutor`'s code
/// and behind it the directory, the pools that a `cycle_run` names by their place alone.
///
/// The code comes from a mould, an `ArbitrageExecutor` without a directory that this creates beside the
/// administration; nobody has a role there. The place p of the directory begins 20 p bytes before the
/// code's end: 1 to 63 are Uniswap V3 pools, 64 to 127 are V2 pairs, and a free place is zero.
contract ExecutorDeployment {
    uint256 private constant PLACE_SIZE = 20;
    uint256 private constant SIZE = PLACE_SIZE * (DIRECTORY_POOLS + DIRECTORY_PAIRS);

    constructor(
        address owner_,
        address guardian_,
        address treasury_,
        address aavePool_,
        address[] memory pools,
        address[] memory pairs
    ) {
        if (pools.length > DIRECTORY_POOLS || pairs.length > DIRECTORY_PAIRS) {
            revert IArbitrageExecutor.DirectoryFull();
        }
        Administration administration = new Administration(aavePool_);
        _delegate(
            address(administration),
            abi.encodeCall(administration.initialize, (owner_, guardian_, treasury_))
        );
        bytes memory directory = new bytes(SIZE);
        _list(directory, 1, pools);
        _list(directory, DIRECTORY_POOLS + 1, pairs);
        address mould = address(new ArbitrageExecutor(address(administration), aavePool_));
        bytes memory code = bytes.concat(mould.code, directory);
        assembly ("memory-safe") {
            return(add(code, 0x20), mload(code))
        }
    }

    /// @dev Writes addresses into the directory from `place` on.
    function _list(bytes memory directory, uint256 place, address[] memory listed) private pure {
        for (uint256 i = 0; i < listed.length; i++) {
            uint256 offset = SIZE - PLACE_SIZE * (place + i);
            bytes20 pool = bytes20(listed[i]);
            for (uint256 k = 0; k < PLACE_SIZE; k++) {
                directory[offset + k] = pool[k];
            }
        }
    }

    /// @dev Lets the administration's code set up this account's storage.
    function _delegate(address administration, bytes memory data) private {
        (bool ok, bytes memory reason) = administration.delegatecall(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(reason, 0x20), mload(reason))
            }
        }
    }
}
