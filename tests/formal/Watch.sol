// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {svm} from "./Cheats.sol";

address constant TOKEN = address(0x07000000000000000000000000000000000000A1);
address constant ARMED = address(0xA000000000000000000000000000000000000001);

/// @dev All that a stranger must not change.
library Watch {
    /// @dev The executor's storage, what it holds, and all that its token was ever asked.
    function state(address executor) internal returns (bytes32) {
        return keccak256(
            abi.encode(svm.snapshotStorage(executor), svm.snapshotStorage(TOKEN), executor.balance)
        );
    }
}
