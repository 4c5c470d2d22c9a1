// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {WPOL} from "../../contracts/libraries/Program.sol";
import {svm} from "./Cheats.sol";

address constant TOKEN = WPOL; // the token of all programs, as a cycle asks for
address constant ARMED = address(0xA000000000000000000000000000000000000001);
address constant FIRST = address(0xa000000000000000000000000000000000000002); // of a cycle
address constant PAIR = address(0xB000000000000000000000000000000000000000); // and the two above

/// @dev All that a stranger must not change.
library Watch {
    /// @dev The executor's storage, what it holds, and all that its token was ever asked.
    function state(address executor) internal returns (bytes32) {
        return keccak256(
            abi.encode(svm.snapshotStorage(executor), svm.snapshotStorage(TOKEN), executor.balance)
        );
    }
}
