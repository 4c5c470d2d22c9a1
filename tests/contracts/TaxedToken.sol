// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {FeeOnTransfer} from "./HostileTokens.sol";

/// @dev Taxes every movement once it is armed, under a name that turns the line around.
contract TaxedToken is FeeOnTransfer {
    uint8 public constant decimals = 18;
    string public constant symbol = unicode"\u202eXAT";
}
