// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

/// @title Who may run, pause, withdraw and list pools
/// @notice Every executor answers these calls at its own address, beside OpenZeppelin's Ownable2Step.
interface IAdministration {
    // ------------------------------------------------------------------------------------ errors

    /// @notice The storage of an executor is set up once, by its constructor.
    error AlreadyInitialized();

    /// @notice Ownership can be handed over but not given up.
    error RenounceDisabled();

    /// @notice An argument is the zero address.
    error ZeroAddress();

    /// @notice A list of executors or guardians is full (16).
    error TooMany();

    /// @notice The caller is neither a guardian nor the owner.
    error NotGuardian(address caller);

    /// @notice The caller is not the proposed treasury.
    error NotPendingTreasury(address caller);

    // ------------------------------------------------------------------------------------ events

    event ExecutorSet(address indexed executor, bool allowed);
    event GuardianSet(address indexed guardian, bool allowed);
    event ListedPoolSet(address indexed pool, bool listed);
    event Paused(address indexed by);
    event Unpaused(address indexed by);
    event Withdrawn(address indexed token, address indexed treasury, uint256 amount);
    event TreasuryProposed(address indexed treasury);
    event TreasuryChanged(address indexed from, address indexed to);

    // ------------------------------------------------------------------------------------- acts

    /// @notice Grant or revoke the right to run programs. Owner only; at most 16 executors.
    function setExecutor(address executor, bool allowed) external;

    /// @notice Grant or revoke the right to pause. Owner only; at most 16 guardians.
    function setGuardian(address guardian, bool allowed) external;

    /// @notice List or unlist a pool that pulls its input by allowance (the command `curve`): whoever
    /// governs it can take what a run approves to it. Owner only.
    function setListedPool(address pool, bool listed) external;

    /// @notice Stop every run, at once. Any guardian, or the owner.
    function pause() external;

    /// @notice Allow runs again. Owner only.
    function unpause() external;

    /// @notice Send a token, or the native coin (`token` zero), to the treasury. Owner only, also
    /// while paused.
    function withdraw(address token, uint256 amount) external;

    /// @notice Name a new treasury, which must accept. Owner only; zero withdraws a proposal.
    function proposeTreasury(address newTreasury) external;

    /// @notice Become the treasury. Only the proposed one.
    function acceptTreasury() external;

    // ------------------------------------------------------------------------------------- views

    /// @notice Hash of contracts/program.toml; an encoder that knows another must not trade.
    function programVersion() external pure returns (bytes32);

    function aavePool() external view returns (address);
    function treasury() external view returns (address);
    function pendingTreasury() external view returns (address);
    function paused() external view returns (bool);
    function isExecutor(address account) external view returns (bool);
    function isListedPool(address pool) external view returns (bool);
    function isGuardian(address account) external view returns (bool);
    function executors() external view returns (address[] memory);
    function guardians() external view returns (address[] memory);
}
