// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IAdministration} from "./interfaces/IAdministration.sol";
import {Authority} from "./libraries/Authority.sol";
import {PROGRAM_VERSION} from "./libraries/Program.sol";

/// @dev Who may run, pause, withdraw and list pools: the executor's code off the hot path, which it runs
/// as a delegate on its own storage. A run reads of it only `Authority`'s words. At its own address it
/// has no owner, holds nothing and answers views alone.
contract Administration is IAdministration, Ownable2Step {
    using EnumerableSet for EnumerableSet.AddressSet;
    using SafeERC20 for IERC20;

    /// @dev Bounds the words that pausing rewrites.
    uint256 private constant MAX_MEMBERS = 16;

    EnumerableSet.AddressSet private _executors;
    EnumerableSet.AddressSet private _guardians;

    /// @inheritdoc IAdministration
    address public treasury;

    /// @inheritdoc IAdministration
    address public pendingTreasury;

    /// @inheritdoc IAdministration
    bool public paused;

    /// @inheritdoc IAdministration
    address public immutable aavePool;

    /// @dev Owned by itself, so by nobody, at its own address.
    constructor(address aavePool_) Ownable(address(this)) {
        if (aavePool_ == address(0)) revert ZeroAddress();
        aavePool = aavePool_;
    }

    /// @dev Sets up an executor's storage, as a delegate of its constructor: an account that has code
    /// is refused.
    function initialize(address owner_, address guardian_, address treasury_) external {
        if (address(this).code.length != 0) revert AlreadyInitialized();
        if (owner_ == address(0) || guardian_ == address(0) || treasury_ == address(0)) {
            revert ZeroAddress();
        }
        _transferOwnership(owner_);
        _guardians.add(guardian_);
        emit GuardianSet(guardian_, true);
        treasury = treasury_;
        emit TreasuryChanged(address(0), treasury_);
    }

    // ------------------------------------------------------------------------------------ roles

    /// @inheritdoc IAdministration
    function setExecutor(address executor, bool allowed) external onlyOwner {
        _setMember(_executors, executor, allowed);
        Authority.setExecutor(
            executor, allowed ? (paused ? Authority.STOPPED : Authority.ACTIVE) : 0
        );
        emit ExecutorSet(executor, allowed);
    }

    /// @inheritdoc IAdministration
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

    // ------------------------------------------------------------------------------------ pools

    /// @inheritdoc IAdministration
    function setListedPool(address pool, bool listed) external onlyOwner {
        if (pool == address(0)) revert ZeroAddress();
        Authority.setListed(pool, listed);
        emit ListedPoolSet(pool, listed);
    }

    // ------------------------------------------------------------------------------------ pause

    /// @inheritdoc IAdministration
    function pause() external {
        if (!_guardians.contains(msg.sender) && msg.sender != owner()) {
            revert NotGuardian(msg.sender);
        }
        _setPaused(true, Authority.STOPPED);
        emit Paused(msg.sender);
    }

    /// @inheritdoc IAdministration
    function unpause() external onlyOwner {
        _setPaused(false, Authority.ACTIVE);
        emit Unpaused(msg.sender);
    }

    function _setPaused(bool paused_, uint256 word) private {
        paused = paused_;
        uint256 count = _executors.length();
        for (uint256 i = 0; i < count; ++i) {
            Authority.setExecutor(_executors.at(i), word);
        }
    }

    // --------------------------------------------------------------------------------- treasury

    /// @inheritdoc IAdministration
    function withdraw(address token, uint256 amount) external onlyOwner {
        address to = treasury;
        emit Withdrawn(token, to, amount);
        if (token == address(0)) Address.sendValue(payable(to), amount);
        else IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IAdministration
    function proposeTreasury(address newTreasury) external onlyOwner {
        pendingTreasury = newTreasury;
        emit TreasuryProposed(newTreasury);
    }

    /// @inheritdoc IAdministration
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

    /// @inheritdoc IAdministration
    function isExecutor(address account) external view returns (bool) {
        return _executors.contains(account);
    }

    /// @inheritdoc IAdministration
    function isListedPool(address pool) external view returns (bool) {
        return Authority.isListed(pool);
    }

    /// @inheritdoc IAdministration
    function programVersion() external pure returns (bytes32) {
        return PROGRAM_VERSION;
    }

    /// @inheritdoc IAdministration
    function isGuardian(address account) external view returns (bool) {
        return _guardians.contains(account);
    }

    /// @inheritdoc IAdministration
    function executors() external view returns (address[] memory) {
        return _executors.values();
    }

    /// @inheritdoc IAdministration
    function guardians() external view returns (address[] memory) {
        return _guardians.values();
    }
}
