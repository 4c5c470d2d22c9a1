// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IArbitrageExecutor} from "./interfaces/IArbitrageExecutor.sol";

/// @dev Who may run, pause and withdraw. Off the hot path, save for `_authorise`, whose one cold
/// storage read answers role and pause together: pausing rewrites a word per executor.
abstract contract Administration is IArbitrageExecutor, Ownable2Step {
    using EnumerableSet for EnumerableSet.AddressSet;
    using SafeERC20 for IERC20;

    /// @dev Values of an executor's word; zero is no role.
    uint256 private constant ACTIVE = 1;
    uint256 private constant STOPPED = 2;

    /// @dev Bounds the words that pausing rewrites.
    uint256 private constant MAX_MEMBERS = 16;

    mapping(address executor => uint256 word) private _authority;
    EnumerableSet.AddressSet private _executors;
    EnumerableSet.AddressSet private _guardians;

    /// @inheritdoc IArbitrageExecutor
    address public treasury;

    /// @inheritdoc IArbitrageExecutor
    address public pendingTreasury;

    /// @inheritdoc IArbitrageExecutor
    bool public paused;

    constructor(address owner_, address guardian_, address treasury_) Ownable(owner_) {
        if (guardian_ == address(0) || treasury_ == address(0)) revert ZeroAddress();
        _guardians.add(guardian_);
        emit GuardianSet(guardian_, true);
        treasury = treasury_;
        emit TreasuryChanged(address(0), treasury_);
    }

    // --------------------------------------------------------------------------------- hot path

    /// @dev Reverts unless the caller is an executor and runs are not paused.
    function _authorise() internal view {
        uint256 word = _authority[msg.sender];
        if (word == ACTIVE) return;
        if (word == STOPPED) revert ExecutionPaused();
        revert Unauthorized(msg.sender);
    }

    // ------------------------------------------------------------------------------------ roles

    /// @inheritdoc IArbitrageExecutor
    function setExecutor(address executor, bool allowed) external onlyOwner {
        _setMember(_executors, executor, allowed);
        _authority[executor] = allowed ? (paused ? STOPPED : ACTIVE) : 0;
        emit ExecutorSet(executor, allowed);
    }

    /// @inheritdoc IArbitrageExecutor
    function setGuardian(address guardian, bool allowed) external onlyOwner {
        _setMember(_guardians, guardian, allowed);
        emit GuardianSet(guardian, allowed);
    }

    function _setMember(EnumerableSet.AddressSet storage set, address member, bool allowed)
        private
    {
        if (member == address(0)) revert ZeroAddress();
        if (!allowed) {
            set.remove(member);
        } else if (set.add(member) && set.length() > MAX_MEMBERS) {
            revert TooMany();
        }
    }

    // ------------------------------------------------------------------------------------ pause

    /// @inheritdoc IArbitrageExecutor
    function pause() external {
        if (!_guardians.contains(msg.sender) && msg.sender != owner()) {
            revert NotGuardian(msg.sender);
        }
        _setPaused(true, STOPPED);
        emit Paused(msg.sender);
    }

    /// @inheritdoc IArbitrageExecutor
    function unpause() external onlyOwner {
        _setPaused(false, ACTIVE);
        emit Unpaused(msg.sender);
    }

    function _setPaused(bool paused_, uint256 word) private {
        paused = paused_;
        uint256 count = _executors.length();
        for (uint256 i = 0; i < count; ++i) {
            _authority[_executors.at(i)] = word;
        }
    }

    // --------------------------------------------------------------------------------- treasury

    /// @inheritdoc IArbitrageExecutor
    function withdraw(address token, uint256 amount) external onlyOwner {
        address to = treasury;
        emit Withdrawn(token, to, amount);
        if (token == address(0)) Address.sendValue(payable(to), amount);
        else IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IArbitrageExecutor
    function proposeTreasury(address newTreasury) external onlyOwner {
        pendingTreasury = newTreasury;
        emit TreasuryProposed(newTreasury);
    }

    /// @inheritdoc IArbitrageExecutor
    function acceptTreasury() external {
        if (msg.sender != pendingTreasury) revert NotPendingTreasury(msg.sender);
        emit TreasuryChanged(treasury, msg.sender);
        treasury = msg.sender;
        pendingTreasury = address(0);
    }

    /// @dev An executor without an owner could never be unpaused or emptied.
    function renounceOwnership() public view override onlyOwner {
        revert RenounceDisabled();
    }

    // ------------------------------------------------------------------------------------ views

    /// @inheritdoc IArbitrageExecutor
    function isExecutor(address account) external view returns (bool) {
        return _executors.contains(account);
    }

    /// @inheritdoc IArbitrageExecutor
    function isGuardian(address account) external view returns (bool) {
        return _guardians.contains(account);
    }

    /// @inheritdoc IArbitrageExecutor
    function executors() external view returns (address[] memory) {
        return _executors.values();
    }

    /// @inheritdoc IArbitrageExecutor
    function guardians() external view returns (address[] memory) {
        return _guardians.values();
    }
}
