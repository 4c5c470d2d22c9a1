// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

/// @title Atomic arbitrage over pools of many kinds, from own capital, flash swaps and flash loans
/// @notice The promise: for every token whose code the attacker does not control, and for the
/// native coin, the executor's balance after any run, by any authorised key with any bytes, is at
/// least its balance before. A stolen key can still waste its own gas and divert profit that the
/// executor does not hold yet.
///
/// A run is calldata without ABI encoding, see docs/program.md. It reverts unless the profit token's
/// balance grows by the header's minimum and no other declared token's, nor the native, balance falls.
/// @custom:calldata-offset-table
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 4 | zero |
/// | 4 | 4 | deadline block |
/// | 8 | 4 | maximum base fee, millions of wei per gas |
/// | 12 | 3 | minimum profit, raw units of token 0, before the shift |
/// | 15 | 1 | bits by which it is shifted left |
/// | 16 | 1 | tokens byte: a well-known token in its highest 2 bits, and n in its lowest 6 |
/// | 17 | 20 n | declared tokens, the profit token first unless it is the well-known one |
/// | 17 + 20 n | rest | commands |
interface IArbitrageExecutor {
    // ------------------------------------------------------------------------------- run errors

    /// @notice The caller holds no executor role.
    error Unauthorized(address caller);

    /// @notice The directory has room for 63 pools and 64 pairs.
    error DirectoryFull();

    /// @notice The executor is paused.
    error ExecutionPaused();

    /// @notice A run is in progress in this transaction.
    error NestedRun();

    /// @notice The program's last block has passed.
    error DeadlinePassed(uint256 deadlineBlock);

    /// @notice The block's base fee is above the program's maximum, wei per gas.
    error BaseFeeTooHigh(uint256 maxBaseFee);

    /// @notice A header declares 1 to 64 tokens, led by a well-known one or none.
    error BadTokens(uint256 lead, uint256 count);

    /// @notice The header declares no token of this index.
    error BadToken(uint256 index);

    /// @notice A command or its nested stream passes the end of its stream.
    /// @param at Calldata offset of the command in the call that read it.
    error TruncatedProgram(uint256 at);

    /// @notice No command has this opcode.
    /// @param at Calldata offset of the command in the call that read it.
    error UnknownCommand(uint256 opcode, uint256 at);

    /// @notice A command names a recipient that it cannot have.
    /// @param at Calldata offset just after the command, where `next` would stand.
    error BadRecipient(uint256 at);

    /// @notice An amount is not what the executor, or the pool, holds, or less than a run can pay.
    /// @param at Calldata offset of the command in the call that read it.
    error BadAmount(uint256 at);

    /// @notice A pool asks for nothing, or for more than the program allows.
    error WrongPayment(uint256 asked, uint256 most);

    /// @notice A pool's state is not what the program relies on.
    error StaleState(address pool);

    /// @notice The owner has not listed this pool, which would pull its input by allowance.
    error UnlistedPool(address pool);

    /// @notice A spender has not used all that it was approved for.
    error AllowanceLeft(address token, address spender);

    /// @notice A callback that no armed call expects: other caller, selector or data, or a second.
    error UnexpectedCallback(address caller);

    /// @notice A pool returned without having called back.
    error CallbackMissing(address pool);

    /// @notice A pool reverted; `reason` is its revert data, cut at 256 bytes.
    error HopFailed(address pool, bytes reason);

    /// @notice A token's transfer, approval, balance or allowance call failed, or returned no truth.
    error TokenCallFailed(address token);

    /// @notice The loan that arrived is not the loan that the program asked for.
    error WrongLoan(address asset, uint256 amount, uint256 premium);

    /// @notice The profit token's balance did not grow by the program's minimum.
    error Unprofitable(uint256 balanceBefore, uint256 balanceAfter);

    /// @notice The balance of a declared token, or (`token` zero) of the native coin, fell.
    error BalanceFell(address token, uint256 balanceBefore, uint256 balanceAfter);

    // --------------------------------------------------------------------------------- callbacks
    // Each reverts unless a run has armed its caller to make it, with the very data that it sends; the
    // pools of a cycle are known by their addresses alone.

    function uniswapV2Call(address sender, uint256 amount0, uint256 amount1, bytes calldata data)
        external;
    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata data) external;
    function algebraSwapCallback(int256 amount0, int256 amount1, bytes calldata data) external;
    function uniswapV3FlashCallback(uint256 fee0, uint256 fee1, bytes calldata data) external;
    function unlockCallback(bytes calldata data) external returns (bytes memory);
    function onMorphoFlashLoan(uint256 assets, bytes calldata data) external;
    function receiveFlashLoan(
        address[] calldata tokens,
        uint256[] calldata amounts,
        uint256[] calldata fees,
        bytes calldata data
    ) external;
    function executeOperation(
        address asset,
        uint256 amount,
        uint256 premium,
        address initiator,
        bytes calldata data
    ) external returns (bool);
}
