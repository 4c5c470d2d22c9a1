// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {Administration} from "./Administration.sol";
import {AAVE_CALLBACK, AaveV3} from "./flash/AaveV3.sol";
import {BALANCER_CALLBACK, BalancerV2Loan} from "./flash/BalancerV2Loan.sol";
import {Loans} from "./flash/Loans.sol";
import {MORPHO_CALLBACK, MorphoBlue} from "./flash/MorphoBlue.sol";
import {UNISWAP_V3_FLASH_CALLBACK, UniswapV3Flash} from "./flash/UniswapV3Flash.sol";
import {UNISWAP_V4_CALLBACK, UniswapV4Lock} from "./flash/UniswapV4Lock.sol";
import {IArbitrageExecutor} from "./interfaces/IArbitrageExecutor.sol";
import {Authority} from "./libraries/Authority.sol";
import {CallbackGuard} from "./libraries/CallbackGuard.sol";
import {DeclaredTokens} from "./libraries/DeclaredTokens.sol";
import {Frame} from "./libraries/Frame.sol";
import {Payments} from "./libraries/Payments.sol";
import "./libraries/Program.sol";
import {ProgramHeader} from "./libraries/ProgramHeader.sol";
import {StateChecks} from "./libraries/StateChecks.sol";
import {TokenCalls} from "./libraries/TokenCalls.sol";
import {BalancerV2} from "./venues/BalancerV2.sol";
import {CurveStableSwap} from "./venues/CurveStableSwap.sol";
import {UNISWAP_V2_CALLBACK, UNISWAP_V2_RESERVES, UniswapV2} from "./venues/UniswapV2.sol";
import {UNISWAP_V3_CALLBACK, UNISWAP_V3_STATE, UniswapV3} from "./venues/UniswapV3.sol";
import {UniswapV4} from "./venues/UniswapV4.sol";
import {ALGEBRA_CALLBACK, ALGEBRA_STATE} from "./venues/forks/Algebra.sol";

/// @dev Documented in IArbitrageExecutor; the program format in docs/program.md.
///
/// This contract has no function that Solidity would dispatch: the selectors of the hot path are
/// compared first, in the order of their frequency, and whatever is left is the administration's, which
/// runs as a delegate from one immutable address, on this contract's storage.
contract ArbitrageExecutor {
    address private immutable _administration;
    address private immutable _aavePool;

    constructor(address owner_, address guardian_, address treasury_, address aavePool_) {
        _aavePool = aavePool_;
        Administration administration = new Administration(aavePool_);
        _administration = address(administration);
        _delegate(abi.encodeCall(administration.initialize, (owner_, guardian_, treasury_)));
    }

    /// @dev The native coin, for gas refunds and withdrawal; no run can spend it.
    receive() external payable {}

    // ------------------------------------------------------------------------------------ entry

    /// @dev Runs, callbacks, administration. What a pool says besides its data is ignored, save what
    /// it asks for, which the bound data limits.
    fallback() external {
        uint256 selector;
        assembly ("memory-safe") {
            selector := shr(224, calldataload(0)) // bytes that calldata lacks are zero
        }
        if (selector == PROGRAM_SELECTOR) {
            _execute();
        } else if (selector == UNISWAP_V3_CALLBACK || selector == ALGEBRA_CALLBACK) {
            _onSwapV3(selector);
        } else if (selector == UNISWAP_V2_CALLBACK) {
            _onSwapV2();
        } else if (selector == UNISWAP_V4_CALLBACK) {
            _runFor(UNISWAP_V4_CALLBACK, 0x24, msg.sender);
            _return(0x20, 0); // no bytes
        } else if (selector == UNISWAP_V3_FLASH_CALLBACK) {
            _runFor(UNISWAP_V3_FLASH_CALLBACK, 0x64, msg.sender);
        } else if (selector == MORPHO_CALLBACK) {
            Loans.Loan memory loan = _runOn(MorphoBlue.received());
            TokenCalls.approve(loan.token, msg.sender, loan.repayment);
        } else if (selector == BALANCER_CALLBACK) {
            Loans.Loan memory loan = _runOn(BalancerV2Loan.received());
            TokenCalls.transfer(loan.token, msg.sender, loan.repayment);
        } else if (selector == AAVE_CALLBACK) {
            Loans.Loan memory loan = _runOn(AaveV3.received());
            TokenCalls.approve(loan.token, msg.sender, loan.repayment);
            _return(1, 0); // true
        } else {
            _administer();
        }
    }

    function _execute() private {
        Authority.requireActive();
        uint256 header = ProgramHeader.read();
        CallbackGuard.requireIdle();
        uint256 nativeBefore = address(this).balance;
        (uint256 frame, uint256 cursor) = DeclaredTokens.open();
        _run(frame, cursor, msg.data.length);
        DeclaredTokens.close(frame, cursor, ProgramHeader.minProfit(header));
        if (address(this).balance < nativeBefore) {
            revert IArbitrageExecutor.BalanceFell(address(0), nativeBefore, address(this).balance);
        }
        CallbackGuard.release();
    }

    // -------------------------------------------------------------------------------- callbacks

    /// @dev Uniswap V3 and its forks: a stream, or a payment.
    function _onSwapV3(uint256 selector) private {
        (uint256 start, uint256 end) = CallbackGuard.requireArmed(selector, 0x64);
        if (UniswapV3.isPayment(start)) {
            CallbackGuard.spend();
            UniswapV3.pay(start);
        } else {
            uint256 frame = Frame.open(start, msg.sender, UniswapV3.asked());
            _run(frame, DeclaredTokens.skip(start), end);
        }
    }

    /// @dev Uniswap V2: anyone can have a pair call here, so its `sender` must be this contract.
    function _onSwapV2() private {
        address sender;
        assembly ("memory-safe") {
            sender := calldataload(0x04)
        }
        if (sender != address(this)) revert IArbitrageExecutor.UnexpectedCallback(msg.sender);
        _runFor(UNISWAP_V2_CALLBACK, 0x84, msg.sender);
    }

    /// @dev Runs the stream of a callback whose data's ABI length word lies at `lengthAt`.
    function _runFor(uint256 selector, uint256 lengthAt, address counterparty) private {
        (uint256 start, uint256 end) = CallbackGuard.requireArmed(selector, lengthAt);
        _run(Frame.open(start, counterparty, 0), DeclaredTokens.skip(start), end);
    }

    /// @dev Runs the stream of a loan that has arrived.
    function _runOn(Loans.Loan memory loan) private returns (Loans.Loan memory) {
        _run(loan.frame, loan.cursor, loan.end);
        return loan;
    }

    // --------------------------------------------------------------------------------- the loop

    /// @dev Runs the commands in calldata [cursor, end), the most frequent ones first.
    function _run(uint256 frame, uint256 cursor, uint256 end) private {
        CallbackGuard.begin(cursor, end);
        while (cursor < end) {
            uint256 head;
            assembly ("memory-safe") {
                head := byte(0, calldataload(cursor)) // opcode and flags
            }
            uint256 opcode = head & OPCODE_MASK;
            if (opcode == OP_V2) {
                cursor = UniswapV2.swap(head, cursor, end, frame);
            } else if (opcode == OP_V3) {
                cursor = UniswapV3.swap(head, cursor, end, frame, UNISWAP_V3_CALLBACK, false);
            } else if (opcode == OP_V3_PAY) {
                cursor = UniswapV3.swapAndPay(head, cursor, end, frame, UNISWAP_V3_CALLBACK);
            } else if (opcode == OP_PAY) {
                cursor = Payments.pay(head, cursor, end, frame);
            } else if (opcode == OP_V2_FLASH) {
                cursor = UniswapV2.flashSwap(head, cursor, end, frame);
            } else if (opcode == OP_V3_OWED) {
                cursor = UniswapV3.swapOwed(head, cursor, end, frame, UNISWAP_V3_CALLBACK);
            } else if (opcode == OP_V3_OUT) {
                cursor = UniswapV3.swap(head, cursor, end, frame, UNISWAP_V3_CALLBACK, true);
            } else if (opcode == OP_PAY_OWED) {
                cursor = Payments.payOwed(cursor, end, frame);
            } else {
                cursor = _runOther(opcode, head, cursor, end, frame);
            }
        }
    }

    /// @dev Runs one of the less frequent commands.
    function _runOther(uint256 opcode, uint256 head, uint256 cursor, uint256 end, uint256 frame)
        private
        returns (uint256 next)
    {
        if (opcode == OP_CHECK_V2) {
            return StateChecks.check(cursor, end, UNISWAP_V2_RESERVES, 0x40);
        }
        if (opcode == OP_CHECK_V3) return StateChecks.check(cursor, end, UNISWAP_V3_STATE, 0x20);
        if (opcode == OP_CHECK_ALGEBRA) return StateChecks.check(cursor, end, ALGEBRA_STATE, 0x20);
        if (opcode == OP_ALGEBRA) {
            return UniswapV3.swap(head, cursor, end, frame, ALGEBRA_CALLBACK, false);
        }
        if (opcode == OP_ALGEBRA_PAY) {
            return UniswapV3.swapAndPay(head, cursor, end, frame, ALGEBRA_CALLBACK);
        }
        if (opcode == OP_ALGEBRA_OWED) {
            return UniswapV3.swapOwed(head, cursor, end, frame, ALGEBRA_CALLBACK);
        }
        if (opcode == OP_ALGEBRA_OUT) {
            return UniswapV3.swap(head, cursor, end, frame, ALGEBRA_CALLBACK, true);
        }
        if (opcode == OP_V2_ARRIVED) return UniswapV2.swapArrived(head, cursor, end, frame);
        if (opcode == OP_V4) return UniswapV4Lock.unlock(cursor, end, frame);
        if (opcode == OP_V4_SWAP) return UniswapV4.swap(head, cursor, end);
        if (opcode == OP_V4_TAKE) return UniswapV4.take(head, cursor, end, frame);
        if (opcode == OP_V4_SYNC) return UniswapV4.sync(cursor, end);
        if (opcode == OP_V4_SETTLE) return UniswapV4.settle(cursor);
        if (opcode == OP_MORPHO) return MorphoBlue.borrow(cursor, end, frame);
        if (opcode == OP_BALANCER_FLASH) return BalancerV2Loan.borrow(cursor, end, frame);
        if (opcode == OP_AAVE) return AaveV3.borrow(_aavePool, cursor, end, frame);
        if (opcode == OP_V3_FLASH) return UniswapV3Flash.borrow(head, cursor, end, frame);
        if (opcode == OP_BALANCER) return BalancerV2.swap(head, cursor, end, frame);
        if (opcode == OP_CURVE) return CurveStableSwap.exchange(cursor, end, frame);
        if (opcode == OP_CURVE_NG) {
            return CurveStableSwap.exchangeReceived(head, cursor, end, frame);
        }
        revert IArbitrageExecutor.UnknownCommand(opcode, cursor);
    }

    // --------------------------------------------------------------------------- administration

    /// @dev Answers whatever is no part of a run with the administration's code.
    function _administer() private {
        address administration = _administration;
        assembly ("memory-safe") {
            let data := mload(0x40) // free memory; this call does not come back
            calldatacopy(data, 0, calldatasize())
            let ok := delegatecall(gas(), administration, data, calldatasize(), 0, 0)
            returndatacopy(data, 0, returndatasize())
            if iszero(ok) { revert(data, returndatasize()) }
            return(data, returndatasize())
        }
    }

    /// @dev Lets the administration's code set up this contract's storage.
    function _delegate(bytes memory data) private {
        (bool ok, bytes memory reason) = _administration.delegatecall(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(reason, 0x20), mload(reason))
            }
        }
    }

    /// @dev Ends a callback with the words that its caller expects.
    function _return(uint256 first, uint256 second) private pure {
        assembly ("memory-safe") {
            mstore(0x00, first)
            mstore(0x20, second)
            return(0x00, 0x40)
        }
    }
}
