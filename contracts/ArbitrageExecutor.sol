// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {Administration} from "./Administration.sol";
import {AaveV3} from "./flash/AaveV3.sol";
import {IArbitrageExecutor} from "./interfaces/IArbitrageExecutor.sol";
import {CallbackGuard} from "./libraries/CallbackGuard.sol";
import {DeclaredTokens} from "./libraries/DeclaredTokens.sol";
import {
    OPCODE_MASK,
    OP_AAVE,
    OP_PAY,
    OP_V2,
    OP_V2_FLASH,
    OP_V3,
    PROGRAM_VERSION
} from "./libraries/Program.sol";
import {ProgramHeader} from "./libraries/ProgramHeader.sol";
import {UniswapV2} from "./venues/UniswapV2.sol";
import {UniswapV3} from "./venues/UniswapV3.sol";

/// @dev Documented in IArbitrageExecutor; the program format in docs/program.md.
contract ArbitrageExecutor is Administration {
    /// @inheritdoc IArbitrageExecutor
    address public immutable aavePool;

    constructor(address owner_, address guardian_, address treasury_, address aavePool_)
        Administration(owner_, guardian_, treasury_)
    {
        if (aavePool_ == address(0)) revert ZeroAddress();
        aavePool = aavePool_;
    }

    /// @dev The native coin, for gas refunds and withdrawal; no run can spend it.
    receive() external payable {}

    // ------------------------------------------------------------------------------------ entry

    /// @inheritdoc IArbitrageExecutor
    function execute() external {
        _authorise();
        uint256 header = ProgramHeader.read();
        uint256 nativeBefore = address(this).balance;
        (uint256 balances, uint256 cursor) = DeclaredTokens.open(ProgramHeader.tokenCount(header));
        _run(cursor, msg.data.length, address(0));
        DeclaredTokens.close(balances, ProgramHeader.minProfit(header));
        if (address(this).balance < nativeBefore) {
            revert BalanceFell(address(0), nativeBefore, address(this).balance);
        }
    }

    // -------------------------------------------------------------------------------- callbacks
    // Amounts that a pool names are ignored: the bound stream alone says what is paid, and whom.

    /// @dev Uniswap V2: `IUniswapV2Callee`.
    function uniswapV2Call(address sender, uint256, uint256, bytes calldata stream) external {
        if (sender != address(this)) revert UnexpectedCallback(msg.sender);
        _runBound(stream);
    }

    /// @dev Uniswap V3: `IUniswapV3SwapCallback`.
    function uniswapV3SwapCallback(int256, int256, bytes calldata stream) external {
        _runBound(stream);
    }

    /// @dev Aave V3: `IFlashLoanSimpleReceiver`.
    function executeOperation(
        address asset,
        uint256 amount,
        uint256 premium,
        address initiator,
        bytes calldata terms
    ) external returns (bool) {
        if (initiator != address(this)) revert UnexpectedCallback(msg.sender);
        CallbackGuard.consume(terms);
        (uint256 cursor, uint256 end) = AaveV3.received(asset, amount, premium, terms);
        _run(cursor, end, address(0));
        AaveV3.approveRepayment(asset, amount + premium);
        return true;
    }

    // --------------------------------------------------------------------------------- the loop

    /// @dev Runs a callback's stream for the pool that was armed to call back with it.
    function _runBound(bytes calldata stream) private {
        CallbackGuard.consume(stream);
        uint256 start;
        uint256 end;
        assembly ("memory-safe") {
            start := stream.offset
            end := add(start, stream.length) // within calldata, as the ABI decoder checked
        }
        _run(start, end, msg.sender);
    }

    /// @dev Runs the commands in calldata [cursor, end). `counterparty` is the pool whose callback
    /// this is, zero where there is none.
    function _run(uint256 cursor, uint256 end, address counterparty) private {
        while (cursor < end) {
            uint256 head;
            assembly ("memory-safe") {
                head := byte(0, calldataload(cursor)) // opcode and flags
            }
            uint256 opcode = head & OPCODE_MASK;
            if (opcode == OP_V3) {
                cursor = UniswapV3.swap(head, cursor, end, counterparty);
            } else if (opcode == OP_V2) {
                cursor = UniswapV2.swap(head, cursor, end, counterparty);
            } else if (opcode == OP_PAY) {
                cursor = DeclaredTokens.pay(head, cursor, end, counterparty);
            } else if (opcode == OP_V2_FLASH) {
                cursor = UniswapV2.flashSwap(head, cursor, end, counterparty);
            } else if (opcode == OP_AAVE) {
                cursor = AaveV3.borrow(aavePool, cursor, end);
            } else {
                revert UnknownCommand(opcode, cursor);
            }
        }
    }

    // ------------------------------------------------------------------------------------ views

    /// @inheritdoc IArbitrageExecutor
    function programVersion() external pure returns (bytes32) {
        return PROGRAM_VERSION;
    }
}
