// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {AAVE_CALLBACK, AaveV3} from "./flash/AaveV3.sol";
import {BALANCER_CALLBACK, BalancerV2Loan} from "./flash/BalancerV2Loan.sol";
import {Loans} from "./flash/Loans.sol";
import {MORPHO_CALLBACK, MorphoBlue} from "./flash/MorphoBlue.sol";
import {UNISWAP_V3_FLASH_CALLBACK, UniswapV3Flash} from "./flash/UniswapV3Flash.sol";
import {UNISWAP_V4_CALLBACK, UniswapV4Lock} from "./flash/UniswapV4Lock.sol";
import {IArbitrageExecutor} from "./interfaces/IArbitrageExecutor.sol";
import {CallbackGuard} from "./libraries/CallbackGuard.sol";
import {DeclaredTokens} from "./libraries/DeclaredTokens.sol";
import {Express} from "./libraries/Express.sol";
import {Frame} from "./libraries/Frame.sol";
import {Payments} from "./libraries/Payments.sol";
import "./libraries/Program.sol";
import {ProgramHeader} from "./libraries/ProgramHeader.sol";
import {StateChecks} from "./libraries/StateChecks.sol";
import {TokenCalls} from "./libraries/TokenCalls.sol";
import {BalancerV2} from "./venues/BalancerV2.sol";
import {CurveStableSwap} from "./venues/CurveStableSwap.sol";
import {CycleRun} from "./venues/CycleRun.sol";
import {UNISWAP_V2_CALLBACK, UNISWAP_V2_RESERVES, UniswapV2} from "./venues/UniswapV2.sol";
import {UniswapV2Run} from "./venues/UniswapV2Run.sol";
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

    /// @dev By `ExecutorDeployment`, whose account gets this code with a directory behind it.
    constructor(address administration_, address aavePool_) {
        _administration = administration_;
        _aavePool = aavePool_;
    }

    // ------------------------------------------------------------------------------------ entry

    /// @dev Runs, callbacks, administration, and the native coin, which no run can spend: where nothing
    /// is said, it is only taken. What a pool says besides its data is ignored, save what it asks for,
    /// which the bound data limits.
    fallback() external payable {
        uint256 selector;
        assembly ("memory-safe") {
            selector := shr(224, calldataload(0)) // bytes that calldata lacks are zero
        }
        if (selector == UNISWAP_V3_CALLBACK) {
            CycleRun.answer();
            _onSwapV3(UNISWAP_V3_CALLBACK);
        } else if (selector == PROGRAM_SELECTOR) {
            if (msg.data.length != 0) _execute();
        } else if (selector == UNISWAP_V2_CALLBACK) {
            _onSwapV2();
        } else if (selector == ALGEBRA_CALLBACK) {
            _onSwapV3(ALGEBRA_CALLBACK);
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
        uint256 header = ProgramHeader.admit();
        Express.attempt(header); // ends the call if the program has one of its forms
        uint256 nativeBefore = address(this).balance;
        (uint256 frame, uint256 cursor) = DeclaredTokens.open();
        _run(frame, cursor, msg.data.length);
        DeclaredTokens.close(frame, cursor, ProgramHeader.minProfit(header));
        DeclaredTokens.requireNative(nativeBefore);
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
            uint256 frame = Frame.open(start, msg.sender, 1);
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

    /// @dev Runs the commands in calldata [cursor, end). The most frequent ones read themselves what
    /// they need and nothing else; where they return zero, `_runOther` looks closer, and says what is
    /// wrong.
    function _run(uint256 frame, uint256 cursor, uint256 end) private {
        CallbackGuard.begin(cursor, end);
        while (cursor < end) {
            uint256 opcode;
            assembly ("memory-safe") {
                opcode := and(byte(0, calldataload(cursor)), OPCODE_MASK)
            }
            uint256 next = 0;
            if (opcode == OP_V2_RUN) {
                next = UniswapV2Run.swapFast(cursor, end, frame);
            } else if (opcode == OP_V2) {
                next = UniswapV2.swapFast(cursor, end, frame);
            } else if (opcode == OP_PAY) {
                next = Payments.payFast(cursor, end, frame);
            } else if (opcode == OP_V3) {
                next = UniswapV3.swapFast(cursor, end, frame);
            } else if (opcode == OP_V3_PAY) {
                next = UniswapV3.swapAndPayFast(cursor, end, frame);
            }
            cursor = next == 0 ? _runOther(cursor, end, frame) : next;
        }
    }

    /// @dev Runs one of the less frequent commands. What commands have in common is read here, by the
    /// format's table: how long a command is, where its nested stream lies, and to whom its output
    /// goes.
    function _runOther(uint256 cursor, uint256 end, uint256 frame) private returns (uint256 next) {
        uint256 head;
        uint256 opcode;
        address to;
        uint256 start;
        bool whole;
        assembly ("memory-safe") {
            head := byte(0, calldataload(cursor)) // opcode and flags
            opcode := and(head, OPCODE_MASK)
            let size := byte(opcode, SIZES) // zero where no command has this opcode
            start := add(cursor, size) // cannot wrap: the cursor lies within calldata
            to := address() // TO_SELF
            let target := and(shr(RECIPIENT_SHIFT, head), RECIPIENT_MASK)
            if target {
                target := mul(target, and(shr(opcode, NAMES_RECIPIENT), 1)) // else ignored
                if eq(target, TO_CALLER) { to := mload(add(frame, 0x20)) }
                if eq(target, TO_ADDRESS) {
                    to := shr(96, calldataload(start))
                    start := add(start, TOKEN_SIZE)
                }
            }
            next := start
            if and(shr(opcode, NESTS), 1) {
                let at := sub(add(cursor, size), 2) // the length is the last field
                if and(shr(opcode, NESTS_FIRST), 1) { at := add(cursor, 1) } // or the first
                let length := shr(240, calldataload(at))
                next := add(start, length) // at most 2^16 further
                if iszero(length) { next := end } // the rest of this stream
            }
            if eq(target, TO_NEXT) {
                // the pool of a command that begins within the stream and takes delivered input
                let taker := and(byte(0, calldataload(next)), OPCODE_MASK)
                let takes := and(shr(taker, TAKES_DELIVERY), lt(next, end))
                to := mul(takes, shr(V2_POOL_SHIFT, calldataload(add(next, V2_POOL_AT))))
            }
            whole := iszero(or(or(gt(start, end), gt(next, end)), or(iszero(size), iszero(to))))
        }
        if (!whole) _refuse(opcode, cursor, start, next, end);
        _dispatch(opcode, head, cursor, to, start, next, frame);
        if ((ARMS >> opcode) & 1 != 0 && CallbackGuard.isMissing(next, end, frame)) {
            revert IArbitrageExecutor.CallbackMissing(_called(opcode, cursor, start));
        }
    }

    function _dispatch(
        uint256 opcode,
        uint256 head,
        uint256 cursor,
        address to,
        uint256 start,
        uint256 next,
        uint256 frame
    ) private {
        if (opcode == OP_V2) {
            UniswapV2.swap(head, cursor, to);
        } else if (opcode == OP_V2_RUN) {
            UniswapV2Run.swap(cursor, to, start, next, frame);
        } else if (opcode == OP_CYCLE_RUN) {
            CycleRun.swap(cursor, start, next, frame);
        } else if (opcode == OP_V3) {
            UniswapV3.swapIn(head, cursor, to, start, next, frame, UNISWAP_V3_CALLBACK);
        } else if (opcode == OP_V3_PAY) {
            UniswapV3.swapAndPay(head, cursor, to, frame, UNISWAP_V3_CALLBACK);
        } else if (opcode == OP_PAY) {
            Payments.pay(cursor, to, frame);
        } else if (opcode == OP_V2_FLASH) {
            UniswapV2.flashSwap(head, cursor, to, start, next, frame);
        } else if (opcode == OP_V3_OWED) {
            UniswapV3.swapOwed(head, cursor, to, start, next, frame, UNISWAP_V3_CALLBACK);
        } else if (opcode == OP_V3_OUT) {
            UniswapV3.swapOut(head, cursor, to, start, next, frame, UNISWAP_V3_CALLBACK);
        } else if (opcode == OP_PAY_OWED) {
            Payments.payOwed(cursor, frame);
        } else if (opcode == OP_CHECK_V2) {
            StateChecks.check(cursor, UNISWAP_V2_RESERVES, 0x40);
        } else if (opcode == OP_CHECK_V3) {
            StateChecks.check(cursor, UNISWAP_V3_STATE, 0x20);
        } else if (opcode == OP_CHECK_ALGEBRA) {
            StateChecks.check(cursor, ALGEBRA_STATE, 0x20);
        } else if (opcode == OP_ALGEBRA) {
            UniswapV3.swapIn(head, cursor, to, start, next, frame, ALGEBRA_CALLBACK);
        } else if (opcode == OP_ALGEBRA_PAY) {
            UniswapV3.swapAndPay(head, cursor, to, frame, ALGEBRA_CALLBACK);
        } else if (opcode == OP_ALGEBRA_OWED) {
            UniswapV3.swapOwed(head, cursor, to, start, next, frame, ALGEBRA_CALLBACK);
        } else if (opcode == OP_ALGEBRA_OUT) {
            UniswapV3.swapOut(head, cursor, to, start, next, frame, ALGEBRA_CALLBACK);
        } else if (opcode == OP_V2_ARRIVED) {
            UniswapV2.swapArrived(head, cursor, to, frame);
        } else if (opcode == OP_V4) {
            UniswapV4Lock.unlock(start, next, frame);
        } else if (opcode == OP_V4_SWAP) {
            UniswapV4.swap(head, cursor);
        } else if (opcode == OP_V4_TAKE) {
            UniswapV4.take(cursor, to);
        } else if (opcode == OP_V4_SYNC) {
            UniswapV4.sync(cursor);
        } else if (opcode == OP_V4_SETTLE) {
            UniswapV4.settle();
        } else if (opcode == OP_MORPHO) {
            MorphoBlue.borrow(cursor, next, frame);
        } else if (opcode == OP_BALANCER_FLASH) {
            BalancerV2Loan.borrow(cursor, next, frame);
        } else if (opcode == OP_AAVE) {
            AaveV3.borrow(_aavePool, cursor, next, frame);
        } else if (opcode == OP_V3_FLASH) {
            UniswapV3Flash.borrow(head, cursor, start, next, frame);
        } else if (opcode == OP_BALANCER) {
            BalancerV2.swap(cursor, to, frame);
        } else if (opcode == OP_CURVE) {
            CurveStableSwap.exchange(cursor, frame);
        } else {
            CurveStableSwap.exchangeReceived(cursor, to); // OP_CURVE_NG: no other opcode has a size
        }
    }

    /// @dev Says why a command cannot run.
    function _refuse(uint256 opcode, uint256 cursor, uint256 start, uint256 next, uint256 end)
        private
        pure
    {
        bool known;
        assembly ("memory-safe") {
            known := byte(opcode, SIZES)
        }
        if (!known) revert IArbitrageExecutor.UnknownCommand(opcode, cursor);
        if (start > end || next > end) revert IArbitrageExecutor.TruncatedProgram(cursor);
        revert IArbitrageExecutor.BadRecipient(next);
    }

    /// @dev Whom an arming command called.
    function _called(uint256 opcode, uint256 cursor, uint256 start)
        private
        view
        returns (address pool)
    {
        if (opcode == OP_AAVE) return _aavePool;
        if (opcode == OP_MORPHO) return MORPHO_BLUE;
        if (opcode == OP_BALANCER_FLASH) return BALANCER_VAULT;
        if (opcode == OP_V4) return POOL_MANAGER;
        assembly ("memory-safe") {
            pool := shr(V2_POOL_SHIFT, calldataload(add(cursor, V2_POOL_AT))) // as all others
        }
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

    /// @dev Ends a callback with the words that its caller expects.
    function _return(uint256 first, uint256 second) private pure {
        assembly ("memory-safe") {
            mstore(0x00, first)
            mstore(0x20, second)
            return(0x00, 0x40)
        }
    }
}
