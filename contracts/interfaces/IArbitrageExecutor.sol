// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

/// @title Atomic arbitrage over Uniswap V2 and V3 pools, from own capital, a flash swap or Aave V3
/// @notice The promise: for every token whose code the attacker does not control, and for the
/// native coin, the executor's balance after any run, by any authorised key with any bytes, is at
/// least its balance before. A stolen key can still waste its own gas and divert profit that the
/// executor does not hold yet.
interface IArbitrageExecutor {
    // ------------------------------------------------------------------------------- run errors

    /// @notice The caller holds no executor role.
    error Unauthorized(address caller);

    /// @notice The executor is paused.
    error ExecutionPaused();

    /// @notice A run is in progress in this transaction.
    error NestedRun();

    /// @notice The program is written in another format.
    error WrongFormat(uint256 version);

    /// @notice The program's last block has passed.
    error DeadlinePassed(uint256 deadlineBlock);

    /// @notice The block's base fee is above the program's maximum, wei per gas.
    error BaseFeeTooHigh(uint256 maxBaseFee);

    /// @notice A header declares 1 to 8 tokens.
    error BadTokenCount(uint256 count);

    /// @notice A command or its nested stream passes the end of its stream.
    /// @param at Calldata offset of the command in the call that read it.
    error TruncatedProgram(uint256 at);

    /// @notice No command has this opcode.
    /// @param at Calldata offset of the command in the call that read it.
    error UnknownCommand(uint256 opcode, uint256 at);

    /// @notice A command names a recipient that it cannot have.
    /// @param at Calldata offset just after the command, where `next` would stand.
    error BadRecipient(uint256 at);

    /// @notice A callback that no armed call expects: other caller, selector or data, or a second.
    error UnexpectedCallback(address caller);

    /// @notice A pool returned without having called back.
    error CallbackMissing(address pool);

    /// @notice A pool reverted; `reason` is its revert data, cut at 256 bytes.
    error HopFailed(address pool, bytes reason);

    /// @notice A token's transfer, approval or balance call failed, or returned no truth; zero is a
    /// token that the header does not declare.
    error TokenCallFailed(address token);

    /// @notice The loan that arrived is not the loan that the program asked for.
    error WrongLoan(address asset, uint256 amount, uint256 premium);

    /// @notice The profit token's balance did not grow by the program's minimum.
    error Unprofitable(uint256 balanceBefore, uint256 balanceAfter);

    /// @notice The balance of a declared token, or (`token` zero) of the native coin, fell.
    error BalanceFell(address token, uint256 balanceBefore, uint256 balanceAfter);

    // ------------------------------------------------------------------- administration's errors

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
    event Paused(address indexed by);
    event Unpaused(address indexed by);
    event Withdrawn(address indexed token, address indexed treasury, uint256 amount);
    event TreasuryProposed(address indexed treasury);
    event TreasuryChanged(address indexed from, address indexed to);

    // ----------------------------------------------------------------------------------- the run

    /// @notice Run the packed program that follows the selector: no ABI encoding, see
    /// docs/program.md. Reverts unless the profit token's balance grows by the header's minimum and
    /// no other declared token's, nor the native, balance falls.
    /// @custom:calldata-offset-table
    /// | offset | bytes | field |
    /// |---|---|---|
    /// | 0 | 4 | selector |
    /// | 4 | 1 | format version |
    /// | 5 | 5 | deadline block |
    /// | 10 | 8 | maximum base fee, wei per gas |
    /// | 18 | 16 | minimum profit, raw units of token 0 |
    /// | 34 | 1 | n, the number of declared tokens |
    /// | 35 | 20 n | declared tokens, the profit token first |
    /// | 35 + 20 n | rest | commands |
    function execute() external;

    /// @notice Hash of contracts/program.toml; an encoder that knows another must not trade.
    function programVersion() external pure returns (bytes32);

    // ---------------------------------------------------------------------------- administration

    /// @notice Grant or revoke the right to run programs. Owner only; at most 16 executors.
    function setExecutor(address executor, bool allowed) external;

    /// @notice Grant or revoke the right to pause. Owner only; at most 16 guardians.
    function setGuardian(address guardian, bool allowed) external;

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

    function aavePool() external view returns (address);
    function treasury() external view returns (address);
    function pendingTreasury() external view returns (address);
    function paused() external view returns (bool);
    function isExecutor(address account) external view returns (bool);
    function isGuardian(address account) external view returns (bool);
    function executors() external view returns (address[] memory);
    function guardians() external view returns (address[] memory);
}
