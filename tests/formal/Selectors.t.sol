// SPDX-License-Identifier: UNLICENSED
// Generated from the ABI: `python -m toolchain.prove.selectors`.
pragma solidity 0.8.30;

import {svm, vm} from "./Cheats.sol";
import {Stranger} from "./Stranger.sol";
import {TOKEN} from "./Watch.sol";

contract Selectors is Stranger {
    bytes private constant V3 = hex"00000000800000000218def5000000004017a000000000000000000000000000000000000001000000000000000000000000000000010012240000000000000000000000000000000000";
    bytes private constant V2 = hex"00000000800000000218def5000000004005a00000000000000000000000000000000000000100000000000000000000000000010012240000000000000000000000000000000000";
    bytes private constant AAVE = hex"00000000800000000218def50000000040090012000000000000000000000000000000000100000000000000000000000000000000240000000000000000000000000000000000";
    bytes private constant RUN = hex"00000000800000000218def50000000040020000003ffffffffffffffffffffe0402";
    bytes private constant PAIRS = hex"00000000800000000218def50000000040020026003ffffffffffffffffffffe8500000000000000000000020480800000000000000000000682000000000000000000000402";
    uint256 private constant WORD_V3 = 0x56dddef77b2e15107a24c017d1ea9b43107b6d3aba2e20882c8f6656caeb04a0;
    uint256 private constant WORD_V2 = 0x5c3a9e7be307ae5eb1c83a4aa69c3236faa24df8e4869e821a16e5c9248c1d65;
    uint256 private constant WORD_AAVE = 0x5cf55409855e9f8d67d5d4cf6e5eed8d8287b08bbc89f5721ea32618964900f8;
    function check_idle_program() public { _idle(hex"00000000800000000218def50000000040", false); }
    function check_idle_nothing() public { _idle("", true); }
    function check_idle_fallback() public { _idle(bytes.concat(hex"00000000", svm.createBytes(160, "data")), false); }
    function check_armed_v3_fallback() public { _armed(bytes.concat(hex"00000000", svm.createBytes(160, "data")), false, V3); }
    function check_armed_v2_fallback() public { _armed(bytes.concat(hex"00000000", svm.createBytes(160, "data")), false, V2); }
    function check_armed_aave_fallback() public { _armed(bytes.concat(hex"00000000", svm.createBytes(160, "data")), false, AAVE); }
    function check_armed_run_fallback() public { _armed(bytes.concat(hex"00000000", svm.createBytes(160, "data")), false, RUN); }
    function check_armed_pairs_fallback() public { _armed(bytes.concat(hex"00000000", svm.createBytes(160, "data")), false, PAIRS); }
    function check_idle_algebraSwapCallback_0() public { _idle(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), ""), false); }
    function check_armed_v3_algebraSwapCallback_0() public { _bound(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), ""), false, V3, WORD_V3, 0); }
    function check_armed_v2_algebraSwapCallback_0() public { _bound(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), ""), false, V2, WORD_V2, 0); }
    function check_armed_aave_algebraSwapCallback_0() public { _bound(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), ""), false, AAVE, WORD_AAVE, 0); }
    function check_armed_run_algebraSwapCallback_0() public { _armed(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), ""), false, RUN); }
    function check_armed_pairs_algebraSwapCallback_0() public { _armed(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), ""), false, PAIRS); }
    function check_idle_algebraSwapCallback_1() public { _idle(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false); }
    function check_armed_v3_algebraSwapCallback_1() public { _bound(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, V3, WORD_V3, 1); }
    function check_armed_v2_algebraSwapCallback_1() public { _bound(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, V2, WORD_V2, 1); }
    function check_armed_aave_algebraSwapCallback_1() public { _bound(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, AAVE, WORD_AAVE, 1); }
    function check_armed_run_algebraSwapCallback_1() public { _armed(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, RUN); }
    function check_armed_pairs_algebraSwapCallback_1() public { _armed(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, PAIRS); }
    function check_idle_algebraSwapCallback_19() public { _idle(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false); }
    function check_armed_v3_algebraSwapCallback_19() public { _bound(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, V3, WORD_V3, 19); }
    function check_armed_v2_algebraSwapCallback_19() public { _bound(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, V2, WORD_V2, 19); }
    function check_armed_aave_algebraSwapCallback_19() public { _bound(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, AAVE, WORD_AAVE, 19); }
    function check_armed_run_algebraSwapCallback_19() public { _armed(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, RUN); }
    function check_armed_pairs_algebraSwapCallback_19() public { _armed(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, PAIRS); }
    function check_idle_algebraSwapCallback_52() public { _idle(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false); }
    function check_armed_v3_algebraSwapCallback_52() public { _bound(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, V3, WORD_V3, 52); }
    function check_armed_v2_algebraSwapCallback_52() public { _bound(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, V2, WORD_V2, 52); }
    function check_armed_aave_algebraSwapCallback_52() public { _bound(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, AAVE, WORD_AAVE, 52); }
    function check_armed_run_algebraSwapCallback_52() public { _armed(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, RUN); }
    function check_armed_pairs_algebraSwapCallback_52() public { _armed(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, PAIRS); }
    function check_idle_algebraSwapCallback_96() public { _idle(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false); }
    function check_armed_v3_algebraSwapCallback_96() public { _bound(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, V3, WORD_V3, 96); }
    function check_armed_v2_algebraSwapCallback_96() public { _bound(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, V2, WORD_V2, 96); }
    function check_armed_aave_algebraSwapCallback_96() public { _bound(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, AAVE, WORD_AAVE, 96); }
    function check_armed_run_algebraSwapCallback_96() public { _armed(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, RUN); }
    function check_armed_pairs_algebraSwapCallback_96() public { _armed(abi.encodeWithSelector(hex"2c8958f6", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, PAIRS); }
    function check_idle_executeOperation_0() public { _idle(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), ""), false); }
    function check_armed_v3_executeOperation_0() public { _bound(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), ""), false, V3, WORD_V3, 0); }
    function check_armed_v2_executeOperation_0() public { _bound(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), ""), false, V2, WORD_V2, 0); }
    function check_armed_aave_executeOperation_0() public { _bound(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), ""), false, AAVE, WORD_AAVE, 0); }
    function check_armed_run_executeOperation_0() public { _armed(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), ""), false, RUN); }
    function check_armed_pairs_executeOperation_0() public { _armed(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), ""), false, PAIRS); }
    function check_idle_executeOperation_1() public { _idle(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false); }
    function check_armed_v3_executeOperation_1() public { _bound(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, V3, WORD_V3, 1); }
    function check_armed_v2_executeOperation_1() public { _bound(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, V2, WORD_V2, 1); }
    function check_armed_aave_executeOperation_1() public { _bound(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, AAVE, WORD_AAVE, 1); }
    function check_armed_run_executeOperation_1() public { _armed(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, RUN); }
    function check_armed_pairs_executeOperation_1() public { _armed(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, PAIRS); }
    function check_idle_executeOperation_19() public { _idle(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false); }
    function check_armed_v3_executeOperation_19() public { _bound(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, V3, WORD_V3, 19); }
    function check_armed_v2_executeOperation_19() public { _bound(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, V2, WORD_V2, 19); }
    function check_armed_aave_executeOperation_19() public { _bound(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, AAVE, WORD_AAVE, 19); }
    function check_armed_run_executeOperation_19() public { _armed(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, RUN); }
    function check_armed_pairs_executeOperation_19() public { _armed(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, PAIRS); }
    function check_idle_executeOperation_52() public { _idle(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false); }
    function check_armed_v3_executeOperation_52() public { _bound(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, V3, WORD_V3, 52); }
    function check_armed_v2_executeOperation_52() public { _bound(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, V2, WORD_V2, 52); }
    function check_armed_aave_executeOperation_52() public { _bound(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, AAVE, WORD_AAVE, 52); }
    function check_armed_run_executeOperation_52() public { _armed(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, RUN); }
    function check_armed_pairs_executeOperation_52() public { _armed(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, PAIRS); }
    function check_idle_executeOperation_96() public { _idle(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false); }
    function check_armed_v3_executeOperation_96() public { _bound(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, V3, WORD_V3, 96); }
    function check_armed_v2_executeOperation_96() public { _bound(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, V2, WORD_V2, 96); }
    function check_armed_aave_executeOperation_96() public { _bound(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, AAVE, WORD_AAVE, 96); }
    function check_armed_run_executeOperation_96() public { _armed(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, RUN); }
    function check_armed_pairs_executeOperation_96() public { _armed(abi.encodeWithSelector(hex"1b11d0ff", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, PAIRS); }
    function check_idle_onMorphoFlashLoan_0() public { _idle(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), ""), false); }
    function check_armed_v3_onMorphoFlashLoan_0() public { _bound(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), ""), false, V3, WORD_V3, 0); }
    function check_armed_v2_onMorphoFlashLoan_0() public { _bound(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), ""), false, V2, WORD_V2, 0); }
    function check_armed_aave_onMorphoFlashLoan_0() public { _bound(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), ""), false, AAVE, WORD_AAVE, 0); }
    function check_armed_run_onMorphoFlashLoan_0() public { _armed(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), ""), false, RUN); }
    function check_armed_pairs_onMorphoFlashLoan_0() public { _armed(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), ""), false, PAIRS); }
    function check_idle_onMorphoFlashLoan_1() public { _idle(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(1, "data")), false); }
    function check_armed_v3_onMorphoFlashLoan_1() public { _bound(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(1, "data")), false, V3, WORD_V3, 1); }
    function check_armed_v2_onMorphoFlashLoan_1() public { _bound(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(1, "data")), false, V2, WORD_V2, 1); }
    function check_armed_aave_onMorphoFlashLoan_1() public { _bound(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(1, "data")), false, AAVE, WORD_AAVE, 1); }
    function check_armed_run_onMorphoFlashLoan_1() public { _armed(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(1, "data")), false, RUN); }
    function check_armed_pairs_onMorphoFlashLoan_1() public { _armed(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(1, "data")), false, PAIRS); }
    function check_idle_onMorphoFlashLoan_19() public { _idle(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(19, "data")), false); }
    function check_armed_v3_onMorphoFlashLoan_19() public { _bound(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(19, "data")), false, V3, WORD_V3, 19); }
    function check_armed_v2_onMorphoFlashLoan_19() public { _bound(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(19, "data")), false, V2, WORD_V2, 19); }
    function check_armed_aave_onMorphoFlashLoan_19() public { _bound(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(19, "data")), false, AAVE, WORD_AAVE, 19); }
    function check_armed_run_onMorphoFlashLoan_19() public { _armed(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(19, "data")), false, RUN); }
    function check_armed_pairs_onMorphoFlashLoan_19() public { _armed(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(19, "data")), false, PAIRS); }
    function check_idle_onMorphoFlashLoan_52() public { _idle(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(52, "data")), false); }
    function check_armed_v3_onMorphoFlashLoan_52() public { _bound(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(52, "data")), false, V3, WORD_V3, 52); }
    function check_armed_v2_onMorphoFlashLoan_52() public { _bound(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(52, "data")), false, V2, WORD_V2, 52); }
    function check_armed_aave_onMorphoFlashLoan_52() public { _bound(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(52, "data")), false, AAVE, WORD_AAVE, 52); }
    function check_armed_run_onMorphoFlashLoan_52() public { _armed(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(52, "data")), false, RUN); }
    function check_armed_pairs_onMorphoFlashLoan_52() public { _armed(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(52, "data")), false, PAIRS); }
    function check_idle_onMorphoFlashLoan_96() public { _idle(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(96, "data")), false); }
    function check_armed_v3_onMorphoFlashLoan_96() public { _bound(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(96, "data")), false, V3, WORD_V3, 96); }
    function check_armed_v2_onMorphoFlashLoan_96() public { _bound(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(96, "data")), false, V2, WORD_V2, 96); }
    function check_armed_aave_onMorphoFlashLoan_96() public { _bound(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(96, "data")), false, AAVE, WORD_AAVE, 96); }
    function check_armed_run_onMorphoFlashLoan_96() public { _armed(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(96, "data")), false, RUN); }
    function check_armed_pairs_onMorphoFlashLoan_96() public { _armed(abi.encodeWithSelector(hex"31f57072", svm.createUint256("word"), svm.createBytes(96, "data")), false, PAIRS); }
    function check_idle_receiveFlashLoan_0() public { _idle(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), ""), false); }
    function check_armed_v3_receiveFlashLoan_0() public { _bound(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), ""), false, V3, WORD_V3, 0); }
    function check_armed_v2_receiveFlashLoan_0() public { _bound(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), ""), false, V2, WORD_V2, 0); }
    function check_armed_aave_receiveFlashLoan_0() public { _bound(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), ""), false, AAVE, WORD_AAVE, 0); }
    function check_armed_run_receiveFlashLoan_0() public { _armed(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), ""), false, RUN); }
    function check_armed_pairs_receiveFlashLoan_0() public { _armed(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), ""), false, PAIRS); }
    function check_idle_receiveFlashLoan_1() public { _idle(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(1, "data")), false); }
    function check_armed_v3_receiveFlashLoan_1() public { _bound(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(1, "data")), false, V3, WORD_V3, 1); }
    function check_armed_v2_receiveFlashLoan_1() public { _bound(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(1, "data")), false, V2, WORD_V2, 1); }
    function check_armed_aave_receiveFlashLoan_1() public { _bound(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(1, "data")), false, AAVE, WORD_AAVE, 1); }
    function check_armed_run_receiveFlashLoan_1() public { _armed(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(1, "data")), false, RUN); }
    function check_armed_pairs_receiveFlashLoan_1() public { _armed(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(1, "data")), false, PAIRS); }
    function check_idle_receiveFlashLoan_19() public { _idle(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(19, "data")), false); }
    function check_armed_v3_receiveFlashLoan_19() public { _bound(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(19, "data")), false, V3, WORD_V3, 19); }
    function check_armed_v2_receiveFlashLoan_19() public { _bound(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(19, "data")), false, V2, WORD_V2, 19); }
    function check_armed_aave_receiveFlashLoan_19() public { _bound(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(19, "data")), false, AAVE, WORD_AAVE, 19); }
    function check_armed_run_receiveFlashLoan_19() public { _armed(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(19, "data")), false, RUN); }
    function check_armed_pairs_receiveFlashLoan_19() public { _armed(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(19, "data")), false, PAIRS); }
    function check_idle_receiveFlashLoan_52() public { _idle(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(52, "data")), false); }
    function check_armed_v3_receiveFlashLoan_52() public { _bound(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(52, "data")), false, V3, WORD_V3, 52); }
    function check_armed_v2_receiveFlashLoan_52() public { _bound(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(52, "data")), false, V2, WORD_V2, 52); }
    function check_armed_aave_receiveFlashLoan_52() public { _bound(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(52, "data")), false, AAVE, WORD_AAVE, 52); }
    function check_armed_run_receiveFlashLoan_52() public { _armed(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(52, "data")), false, RUN); }
    function check_armed_pairs_receiveFlashLoan_52() public { _armed(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(52, "data")), false, PAIRS); }
    function check_idle_receiveFlashLoan_96() public { _idle(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(96, "data")), false); }
    function check_armed_v3_receiveFlashLoan_96() public { _bound(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(96, "data")), false, V3, WORD_V3, 96); }
    function check_armed_v2_receiveFlashLoan_96() public { _bound(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(96, "data")), false, V2, WORD_V2, 96); }
    function check_armed_aave_receiveFlashLoan_96() public { _bound(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(96, "data")), false, AAVE, WORD_AAVE, 96); }
    function check_armed_run_receiveFlashLoan_96() public { _armed(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(96, "data")), false, RUN); }
    function check_armed_pairs_receiveFlashLoan_96() public { _armed(abi.encodeWithSelector(hex"f04f2707", _one(), _one(), _one(), svm.createBytes(96, "data")), false, PAIRS); }
    function check_idle_uniswapV2Call_0() public { _idle(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), ""), false); }
    function check_armed_v3_uniswapV2Call_0() public { _bound(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), ""), false, V3, WORD_V3, 0); }
    function check_armed_v2_uniswapV2Call_0() public { _bound(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), ""), false, V2, WORD_V2, 0); }
    function check_armed_aave_uniswapV2Call_0() public { _bound(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), ""), false, AAVE, WORD_AAVE, 0); }
    function check_armed_run_uniswapV2Call_0() public { _armed(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), ""), false, RUN); }
    function check_armed_pairs_uniswapV2Call_0() public { _armed(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), ""), false, PAIRS); }
    function check_idle_uniswapV2Call_1() public { _idle(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false); }
    function check_armed_v3_uniswapV2Call_1() public { _bound(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, V3, WORD_V3, 1); }
    function check_armed_v2_uniswapV2Call_1() public { _bound(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, V2, WORD_V2, 1); }
    function check_armed_aave_uniswapV2Call_1() public { _bound(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, AAVE, WORD_AAVE, 1); }
    function check_armed_run_uniswapV2Call_1() public { _armed(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, RUN); }
    function check_armed_pairs_uniswapV2Call_1() public { _armed(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, PAIRS); }
    function check_idle_uniswapV2Call_19() public { _idle(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false); }
    function check_armed_v3_uniswapV2Call_19() public { _bound(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, V3, WORD_V3, 19); }
    function check_armed_v2_uniswapV2Call_19() public { _bound(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, V2, WORD_V2, 19); }
    function check_armed_aave_uniswapV2Call_19() public { _bound(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, AAVE, WORD_AAVE, 19); }
    function check_armed_run_uniswapV2Call_19() public { _armed(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, RUN); }
    function check_armed_pairs_uniswapV2Call_19() public { _armed(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, PAIRS); }
    function check_idle_uniswapV2Call_52() public { _idle(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false); }
    function check_armed_v3_uniswapV2Call_52() public { _bound(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, V3, WORD_V3, 52); }
    function check_armed_v2_uniswapV2Call_52() public { _bound(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, V2, WORD_V2, 52); }
    function check_armed_aave_uniswapV2Call_52() public { _bound(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, AAVE, WORD_AAVE, 52); }
    function check_armed_run_uniswapV2Call_52() public { _armed(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, RUN); }
    function check_armed_pairs_uniswapV2Call_52() public { _armed(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, PAIRS); }
    function check_idle_uniswapV2Call_96() public { _idle(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false); }
    function check_armed_v3_uniswapV2Call_96() public { _bound(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, V3, WORD_V3, 96); }
    function check_armed_v2_uniswapV2Call_96() public { _bound(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, V2, WORD_V2, 96); }
    function check_armed_aave_uniswapV2Call_96() public { _bound(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, AAVE, WORD_AAVE, 96); }
    function check_armed_run_uniswapV2Call_96() public { _armed(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, RUN); }
    function check_armed_pairs_uniswapV2Call_96() public { _armed(abi.encodeWithSelector(hex"10d1e85c", svm.createUint256("word"), svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, PAIRS); }
    function check_idle_uniswapV3FlashCallback_0() public { _idle(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), ""), false); }
    function check_armed_v3_uniswapV3FlashCallback_0() public { _bound(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), ""), false, V3, WORD_V3, 0); }
    function check_armed_v2_uniswapV3FlashCallback_0() public { _bound(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), ""), false, V2, WORD_V2, 0); }
    function check_armed_aave_uniswapV3FlashCallback_0() public { _bound(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), ""), false, AAVE, WORD_AAVE, 0); }
    function check_armed_run_uniswapV3FlashCallback_0() public { _armed(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), ""), false, RUN); }
    function check_armed_pairs_uniswapV3FlashCallback_0() public { _armed(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), ""), false, PAIRS); }
    function check_idle_uniswapV3FlashCallback_1() public { _idle(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false); }
    function check_armed_v3_uniswapV3FlashCallback_1() public { _bound(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, V3, WORD_V3, 1); }
    function check_armed_v2_uniswapV3FlashCallback_1() public { _bound(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, V2, WORD_V2, 1); }
    function check_armed_aave_uniswapV3FlashCallback_1() public { _bound(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, AAVE, WORD_AAVE, 1); }
    function check_armed_run_uniswapV3FlashCallback_1() public { _armed(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, RUN); }
    function check_armed_pairs_uniswapV3FlashCallback_1() public { _armed(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, PAIRS); }
    function check_idle_uniswapV3FlashCallback_19() public { _idle(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false); }
    function check_armed_v3_uniswapV3FlashCallback_19() public { _bound(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, V3, WORD_V3, 19); }
    function check_armed_v2_uniswapV3FlashCallback_19() public { _bound(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, V2, WORD_V2, 19); }
    function check_armed_aave_uniswapV3FlashCallback_19() public { _bound(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, AAVE, WORD_AAVE, 19); }
    function check_armed_run_uniswapV3FlashCallback_19() public { _armed(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, RUN); }
    function check_armed_pairs_uniswapV3FlashCallback_19() public { _armed(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, PAIRS); }
    function check_idle_uniswapV3FlashCallback_52() public { _idle(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false); }
    function check_armed_v3_uniswapV3FlashCallback_52() public { _bound(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, V3, WORD_V3, 52); }
    function check_armed_v2_uniswapV3FlashCallback_52() public { _bound(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, V2, WORD_V2, 52); }
    function check_armed_aave_uniswapV3FlashCallback_52() public { _bound(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, AAVE, WORD_AAVE, 52); }
    function check_armed_run_uniswapV3FlashCallback_52() public { _armed(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, RUN); }
    function check_armed_pairs_uniswapV3FlashCallback_52() public { _armed(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, PAIRS); }
    function check_idle_uniswapV3FlashCallback_96() public { _idle(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false); }
    function check_armed_v3_uniswapV3FlashCallback_96() public { _bound(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, V3, WORD_V3, 96); }
    function check_armed_v2_uniswapV3FlashCallback_96() public { _bound(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, V2, WORD_V2, 96); }
    function check_armed_aave_uniswapV3FlashCallback_96() public { _bound(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, AAVE, WORD_AAVE, 96); }
    function check_armed_run_uniswapV3FlashCallback_96() public { _armed(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, RUN); }
    function check_armed_pairs_uniswapV3FlashCallback_96() public { _armed(abi.encodeWithSelector(hex"e9cbafb0", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, PAIRS); }
    function check_idle_uniswapV3SwapCallback_0() public { _idle(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), ""), false); }
    function check_armed_v3_uniswapV3SwapCallback_0() public { _bound(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), ""), false, V3, WORD_V3, 0); }
    function check_armed_v2_uniswapV3SwapCallback_0() public { _bound(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), ""), false, V2, WORD_V2, 0); }
    function check_armed_aave_uniswapV3SwapCallback_0() public { _bound(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), ""), false, AAVE, WORD_AAVE, 0); }
    function check_armed_run_uniswapV3SwapCallback_0() public { _armed(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), ""), false, RUN); }
    function check_armed_pairs_uniswapV3SwapCallback_0() public { _armed(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), ""), false, PAIRS); }
    function check_idle_uniswapV3SwapCallback_1() public { _idle(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false); }
    function check_armed_v3_uniswapV3SwapCallback_1() public { _bound(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, V3, WORD_V3, 1); }
    function check_armed_v2_uniswapV3SwapCallback_1() public { _bound(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, V2, WORD_V2, 1); }
    function check_armed_aave_uniswapV3SwapCallback_1() public { _bound(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, AAVE, WORD_AAVE, 1); }
    function check_armed_run_uniswapV3SwapCallback_1() public { _armed(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, RUN); }
    function check_armed_pairs_uniswapV3SwapCallback_1() public { _armed(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(1, "data")), false, PAIRS); }
    function check_idle_uniswapV3SwapCallback_19() public { _idle(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false); }
    function check_armed_v3_uniswapV3SwapCallback_19() public { _bound(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, V3, WORD_V3, 19); }
    function check_armed_v2_uniswapV3SwapCallback_19() public { _bound(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, V2, WORD_V2, 19); }
    function check_armed_aave_uniswapV3SwapCallback_19() public { _bound(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, AAVE, WORD_AAVE, 19); }
    function check_armed_run_uniswapV3SwapCallback_19() public { _armed(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, RUN); }
    function check_armed_pairs_uniswapV3SwapCallback_19() public { _armed(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(19, "data")), false, PAIRS); }
    function check_idle_uniswapV3SwapCallback_52() public { _idle(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false); }
    function check_armed_v3_uniswapV3SwapCallback_52() public { _bound(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, V3, WORD_V3, 52); }
    function check_armed_v2_uniswapV3SwapCallback_52() public { _bound(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, V2, WORD_V2, 52); }
    function check_armed_aave_uniswapV3SwapCallback_52() public { _bound(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, AAVE, WORD_AAVE, 52); }
    function check_armed_run_uniswapV3SwapCallback_52() public { _armed(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, RUN); }
    function check_armed_pairs_uniswapV3SwapCallback_52() public { _armed(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(52, "data")), false, PAIRS); }
    function check_idle_uniswapV3SwapCallback_96() public { _idle(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false); }
    function check_armed_v3_uniswapV3SwapCallback_96() public { _bound(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, V3, WORD_V3, 96); }
    function check_armed_v2_uniswapV3SwapCallback_96() public { _bound(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, V2, WORD_V2, 96); }
    function check_armed_aave_uniswapV3SwapCallback_96() public { _bound(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, AAVE, WORD_AAVE, 96); }
    function check_armed_run_uniswapV3SwapCallback_96() public { _armed(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, RUN); }
    function check_armed_pairs_uniswapV3SwapCallback_96() public { _armed(abi.encodeWithSelector(hex"fa461e33", svm.createUint256("word"), svm.createUint256("word"), svm.createBytes(96, "data")), false, PAIRS); }
    function check_idle_unlockCallback_0() public { _idle(abi.encodeWithSelector(hex"91dd7346", ""), false); }
    function check_armed_v3_unlockCallback_0() public { _bound(abi.encodeWithSelector(hex"91dd7346", ""), false, V3, WORD_V3, 0); }
    function check_armed_v2_unlockCallback_0() public { _bound(abi.encodeWithSelector(hex"91dd7346", ""), false, V2, WORD_V2, 0); }
    function check_armed_aave_unlockCallback_0() public { _bound(abi.encodeWithSelector(hex"91dd7346", ""), false, AAVE, WORD_AAVE, 0); }
    function check_armed_run_unlockCallback_0() public { _armed(abi.encodeWithSelector(hex"91dd7346", ""), false, RUN); }
    function check_armed_pairs_unlockCallback_0() public { _armed(abi.encodeWithSelector(hex"91dd7346", ""), false, PAIRS); }
    function check_idle_unlockCallback_1() public { _idle(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(1, "data")), false); }
    function check_armed_v3_unlockCallback_1() public { _bound(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(1, "data")), false, V3, WORD_V3, 1); }
    function check_armed_v2_unlockCallback_1() public { _bound(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(1, "data")), false, V2, WORD_V2, 1); }
    function check_armed_aave_unlockCallback_1() public { _bound(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(1, "data")), false, AAVE, WORD_AAVE, 1); }
    function check_armed_run_unlockCallback_1() public { _armed(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(1, "data")), false, RUN); }
    function check_armed_pairs_unlockCallback_1() public { _armed(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(1, "data")), false, PAIRS); }
    function check_idle_unlockCallback_19() public { _idle(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(19, "data")), false); }
    function check_armed_v3_unlockCallback_19() public { _bound(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(19, "data")), false, V3, WORD_V3, 19); }
    function check_armed_v2_unlockCallback_19() public { _bound(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(19, "data")), false, V2, WORD_V2, 19); }
    function check_armed_aave_unlockCallback_19() public { _bound(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(19, "data")), false, AAVE, WORD_AAVE, 19); }
    function check_armed_run_unlockCallback_19() public { _armed(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(19, "data")), false, RUN); }
    function check_armed_pairs_unlockCallback_19() public { _armed(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(19, "data")), false, PAIRS); }
    function check_idle_unlockCallback_52() public { _idle(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(52, "data")), false); }
    function check_armed_v3_unlockCallback_52() public { _bound(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(52, "data")), false, V3, WORD_V3, 52); }
    function check_armed_v2_unlockCallback_52() public { _bound(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(52, "data")), false, V2, WORD_V2, 52); }
    function check_armed_aave_unlockCallback_52() public { _bound(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(52, "data")), false, AAVE, WORD_AAVE, 52); }
    function check_armed_run_unlockCallback_52() public { _armed(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(52, "data")), false, RUN); }
    function check_armed_pairs_unlockCallback_52() public { _armed(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(52, "data")), false, PAIRS); }
    function check_idle_unlockCallback_96() public { _idle(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(96, "data")), false); }
    function check_armed_v3_unlockCallback_96() public { _bound(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(96, "data")), false, V3, WORD_V3, 96); }
    function check_armed_v2_unlockCallback_96() public { _bound(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(96, "data")), false, V2, WORD_V2, 96); }
    function check_armed_aave_unlockCallback_96() public { _bound(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(96, "data")), false, AAVE, WORD_AAVE, 96); }
    function check_armed_run_unlockCallback_96() public { _armed(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(96, "data")), false, RUN); }
    function check_armed_pairs_unlockCallback_96() public { _armed(abi.encodeWithSelector(hex"91dd7346", svm.createBytes(96, "data")), false, PAIRS); }
    function check_idle_aavePool() public { _idle(bytes.concat(hex"a03e4bc3", svm.createBytes(32, "data")), true); }
    function check_armed_v3_aavePool() public { _armed(bytes.concat(hex"a03e4bc3", svm.createBytes(32, "data")), true, V3); }
    function check_armed_v2_aavePool() public { _armed(bytes.concat(hex"a03e4bc3", svm.createBytes(32, "data")), true, V2); }
    function check_armed_aave_aavePool() public { _armed(bytes.concat(hex"a03e4bc3", svm.createBytes(32, "data")), true, AAVE); }
    function check_armed_run_aavePool() public { _armed(bytes.concat(hex"a03e4bc3", svm.createBytes(32, "data")), true, RUN); }
    function check_armed_pairs_aavePool() public { _armed(bytes.concat(hex"a03e4bc3", svm.createBytes(32, "data")), true, PAIRS); }
    function check_idle_acceptOwnership() public { _idle(bytes.concat(hex"79ba5097", svm.createBytes(32, "data")), false); }
    function check_armed_v3_acceptOwnership() public { _armed(bytes.concat(hex"79ba5097", svm.createBytes(32, "data")), false, V3); }
    function check_armed_v2_acceptOwnership() public { _armed(bytes.concat(hex"79ba5097", svm.createBytes(32, "data")), false, V2); }
    function check_armed_aave_acceptOwnership() public { _armed(bytes.concat(hex"79ba5097", svm.createBytes(32, "data")), false, AAVE); }
    function check_armed_run_acceptOwnership() public { _armed(bytes.concat(hex"79ba5097", svm.createBytes(32, "data")), false, RUN); }
    function check_armed_pairs_acceptOwnership() public { _armed(bytes.concat(hex"79ba5097", svm.createBytes(32, "data")), false, PAIRS); }
    function check_idle_acceptTreasury() public { _idle(bytes.concat(hex"e49d2a30", svm.createBytes(32, "data")), false); }
    function check_armed_v3_acceptTreasury() public { _armed(bytes.concat(hex"e49d2a30", svm.createBytes(32, "data")), false, V3); }
    function check_armed_v2_acceptTreasury() public { _armed(bytes.concat(hex"e49d2a30", svm.createBytes(32, "data")), false, V2); }
    function check_armed_aave_acceptTreasury() public { _armed(bytes.concat(hex"e49d2a30", svm.createBytes(32, "data")), false, AAVE); }
    function check_armed_run_acceptTreasury() public { _armed(bytes.concat(hex"e49d2a30", svm.createBytes(32, "data")), false, RUN); }
    function check_armed_pairs_acceptTreasury() public { _armed(bytes.concat(hex"e49d2a30", svm.createBytes(32, "data")), false, PAIRS); }
    function check_idle_executors() public { _idle(bytes.concat(hex"e52e63c5", svm.createBytes(32, "data")), true); }
    function check_armed_v3_executors() public { _armed(bytes.concat(hex"e52e63c5", svm.createBytes(32, "data")), true, V3); }
    function check_armed_v2_executors() public { _armed(bytes.concat(hex"e52e63c5", svm.createBytes(32, "data")), true, V2); }
    function check_armed_aave_executors() public { _armed(bytes.concat(hex"e52e63c5", svm.createBytes(32, "data")), true, AAVE); }
    function check_armed_run_executors() public { _armed(bytes.concat(hex"e52e63c5", svm.createBytes(32, "data")), true, RUN); }
    function check_armed_pairs_executors() public { _armed(bytes.concat(hex"e52e63c5", svm.createBytes(32, "data")), true, PAIRS); }
    function check_idle_guardians() public { _idle(bytes.concat(hex"5a81d4ba", svm.createBytes(32, "data")), true); }
    function check_armed_v3_guardians() public { _armed(bytes.concat(hex"5a81d4ba", svm.createBytes(32, "data")), true, V3); }
    function check_armed_v2_guardians() public { _armed(bytes.concat(hex"5a81d4ba", svm.createBytes(32, "data")), true, V2); }
    function check_armed_aave_guardians() public { _armed(bytes.concat(hex"5a81d4ba", svm.createBytes(32, "data")), true, AAVE); }
    function check_armed_run_guardians() public { _armed(bytes.concat(hex"5a81d4ba", svm.createBytes(32, "data")), true, RUN); }
    function check_armed_pairs_guardians() public { _armed(bytes.concat(hex"5a81d4ba", svm.createBytes(32, "data")), true, PAIRS); }
    function check_idle_initialize() public { _idle(bytes.concat(hex"c0c53b8b", svm.createBytes(128, "data")), false); }
    function check_armed_v3_initialize() public { _armed(bytes.concat(hex"c0c53b8b", svm.createBytes(128, "data")), false, V3); }
    function check_armed_v2_initialize() public { _armed(bytes.concat(hex"c0c53b8b", svm.createBytes(128, "data")), false, V2); }
    function check_armed_aave_initialize() public { _armed(bytes.concat(hex"c0c53b8b", svm.createBytes(128, "data")), false, AAVE); }
    function check_armed_run_initialize() public { _armed(bytes.concat(hex"c0c53b8b", svm.createBytes(128, "data")), false, RUN); }
    function check_armed_pairs_initialize() public { _armed(bytes.concat(hex"c0c53b8b", svm.createBytes(128, "data")), false, PAIRS); }
    function check_idle_isExecutor() public { _idle(bytes.concat(hex"debfda30", svm.createBytes(64, "data")), true); }
    function check_armed_v3_isExecutor() public { _armed(bytes.concat(hex"debfda30", svm.createBytes(64, "data")), true, V3); }
    function check_armed_v2_isExecutor() public { _armed(bytes.concat(hex"debfda30", svm.createBytes(64, "data")), true, V2); }
    function check_armed_aave_isExecutor() public { _armed(bytes.concat(hex"debfda30", svm.createBytes(64, "data")), true, AAVE); }
    function check_armed_run_isExecutor() public { _armed(bytes.concat(hex"debfda30", svm.createBytes(64, "data")), true, RUN); }
    function check_armed_pairs_isExecutor() public { _armed(bytes.concat(hex"debfda30", svm.createBytes(64, "data")), true, PAIRS); }
    function check_idle_isGuardian() public { _idle(bytes.concat(hex"0c68ba21", svm.createBytes(64, "data")), true); }
    function check_armed_v3_isGuardian() public { _armed(bytes.concat(hex"0c68ba21", svm.createBytes(64, "data")), true, V3); }
    function check_armed_v2_isGuardian() public { _armed(bytes.concat(hex"0c68ba21", svm.createBytes(64, "data")), true, V2); }
    function check_armed_aave_isGuardian() public { _armed(bytes.concat(hex"0c68ba21", svm.createBytes(64, "data")), true, AAVE); }
    function check_armed_run_isGuardian() public { _armed(bytes.concat(hex"0c68ba21", svm.createBytes(64, "data")), true, RUN); }
    function check_armed_pairs_isGuardian() public { _armed(bytes.concat(hex"0c68ba21", svm.createBytes(64, "data")), true, PAIRS); }
    function check_idle_isListedPool() public { _idle(bytes.concat(hex"a432fd2a", svm.createBytes(64, "data")), true); }
    function check_armed_v3_isListedPool() public { _armed(bytes.concat(hex"a432fd2a", svm.createBytes(64, "data")), true, V3); }
    function check_armed_v2_isListedPool() public { _armed(bytes.concat(hex"a432fd2a", svm.createBytes(64, "data")), true, V2); }
    function check_armed_aave_isListedPool() public { _armed(bytes.concat(hex"a432fd2a", svm.createBytes(64, "data")), true, AAVE); }
    function check_armed_run_isListedPool() public { _armed(bytes.concat(hex"a432fd2a", svm.createBytes(64, "data")), true, RUN); }
    function check_armed_pairs_isListedPool() public { _armed(bytes.concat(hex"a432fd2a", svm.createBytes(64, "data")), true, PAIRS); }
    function check_idle_owner() public { _idle(bytes.concat(hex"8da5cb5b", svm.createBytes(32, "data")), true); }
    function check_armed_v3_owner() public { _armed(bytes.concat(hex"8da5cb5b", svm.createBytes(32, "data")), true, V3); }
    function check_armed_v2_owner() public { _armed(bytes.concat(hex"8da5cb5b", svm.createBytes(32, "data")), true, V2); }
    function check_armed_aave_owner() public { _armed(bytes.concat(hex"8da5cb5b", svm.createBytes(32, "data")), true, AAVE); }
    function check_armed_run_owner() public { _armed(bytes.concat(hex"8da5cb5b", svm.createBytes(32, "data")), true, RUN); }
    function check_armed_pairs_owner() public { _armed(bytes.concat(hex"8da5cb5b", svm.createBytes(32, "data")), true, PAIRS); }
    function check_idle_pause() public { _idle(bytes.concat(hex"8456cb59", svm.createBytes(32, "data")), false); }
    function check_armed_v3_pause() public { _armed(bytes.concat(hex"8456cb59", svm.createBytes(32, "data")), false, V3); }
    function check_armed_v2_pause() public { _armed(bytes.concat(hex"8456cb59", svm.createBytes(32, "data")), false, V2); }
    function check_armed_aave_pause() public { _armed(bytes.concat(hex"8456cb59", svm.createBytes(32, "data")), false, AAVE); }
    function check_armed_run_pause() public { _armed(bytes.concat(hex"8456cb59", svm.createBytes(32, "data")), false, RUN); }
    function check_armed_pairs_pause() public { _armed(bytes.concat(hex"8456cb59", svm.createBytes(32, "data")), false, PAIRS); }
    function check_idle_paused() public { _idle(bytes.concat(hex"5c975abb", svm.createBytes(32, "data")), true); }
    function check_armed_v3_paused() public { _armed(bytes.concat(hex"5c975abb", svm.createBytes(32, "data")), true, V3); }
    function check_armed_v2_paused() public { _armed(bytes.concat(hex"5c975abb", svm.createBytes(32, "data")), true, V2); }
    function check_armed_aave_paused() public { _armed(bytes.concat(hex"5c975abb", svm.createBytes(32, "data")), true, AAVE); }
    function check_armed_run_paused() public { _armed(bytes.concat(hex"5c975abb", svm.createBytes(32, "data")), true, RUN); }
    function check_armed_pairs_paused() public { _armed(bytes.concat(hex"5c975abb", svm.createBytes(32, "data")), true, PAIRS); }
    function check_idle_pendingOwner() public { _idle(bytes.concat(hex"e30c3978", svm.createBytes(32, "data")), true); }
    function check_armed_v3_pendingOwner() public { _armed(bytes.concat(hex"e30c3978", svm.createBytes(32, "data")), true, V3); }
    function check_armed_v2_pendingOwner() public { _armed(bytes.concat(hex"e30c3978", svm.createBytes(32, "data")), true, V2); }
    function check_armed_aave_pendingOwner() public { _armed(bytes.concat(hex"e30c3978", svm.createBytes(32, "data")), true, AAVE); }
    function check_armed_run_pendingOwner() public { _armed(bytes.concat(hex"e30c3978", svm.createBytes(32, "data")), true, RUN); }
    function check_armed_pairs_pendingOwner() public { _armed(bytes.concat(hex"e30c3978", svm.createBytes(32, "data")), true, PAIRS); }
    function check_idle_pendingTreasury() public { _idle(bytes.concat(hex"2ed6b75d", svm.createBytes(32, "data")), true); }
    function check_armed_v3_pendingTreasury() public { _armed(bytes.concat(hex"2ed6b75d", svm.createBytes(32, "data")), true, V3); }
    function check_armed_v2_pendingTreasury() public { _armed(bytes.concat(hex"2ed6b75d", svm.createBytes(32, "data")), true, V2); }
    function check_armed_aave_pendingTreasury() public { _armed(bytes.concat(hex"2ed6b75d", svm.createBytes(32, "data")), true, AAVE); }
    function check_armed_run_pendingTreasury() public { _armed(bytes.concat(hex"2ed6b75d", svm.createBytes(32, "data")), true, RUN); }
    function check_armed_pairs_pendingTreasury() public { _armed(bytes.concat(hex"2ed6b75d", svm.createBytes(32, "data")), true, PAIRS); }
    function check_idle_programVersion() public { _idle(bytes.concat(hex"68af7b4f", svm.createBytes(32, "data")), true); }
    function check_armed_v3_programVersion() public { _armed(bytes.concat(hex"68af7b4f", svm.createBytes(32, "data")), true, V3); }
    function check_armed_v2_programVersion() public { _armed(bytes.concat(hex"68af7b4f", svm.createBytes(32, "data")), true, V2); }
    function check_armed_aave_programVersion() public { _armed(bytes.concat(hex"68af7b4f", svm.createBytes(32, "data")), true, AAVE); }
    function check_armed_run_programVersion() public { _armed(bytes.concat(hex"68af7b4f", svm.createBytes(32, "data")), true, RUN); }
    function check_armed_pairs_programVersion() public { _armed(bytes.concat(hex"68af7b4f", svm.createBytes(32, "data")), true, PAIRS); }
    function check_idle_proposeTreasury() public { _idle(bytes.concat(hex"f110ed67", svm.createBytes(64, "data")), false); }
    function check_armed_v3_proposeTreasury() public { _armed(bytes.concat(hex"f110ed67", svm.createBytes(64, "data")), false, V3); }
    function check_armed_v2_proposeTreasury() public { _armed(bytes.concat(hex"f110ed67", svm.createBytes(64, "data")), false, V2); }
    function check_armed_aave_proposeTreasury() public { _armed(bytes.concat(hex"f110ed67", svm.createBytes(64, "data")), false, AAVE); }
    function check_armed_run_proposeTreasury() public { _armed(bytes.concat(hex"f110ed67", svm.createBytes(64, "data")), false, RUN); }
    function check_armed_pairs_proposeTreasury() public { _armed(bytes.concat(hex"f110ed67", svm.createBytes(64, "data")), false, PAIRS); }
    function check_idle_renounceOwnership() public { _idle(bytes.concat(hex"715018a6", svm.createBytes(32, "data")), true); }
    function check_armed_v3_renounceOwnership() public { _armed(bytes.concat(hex"715018a6", svm.createBytes(32, "data")), true, V3); }
    function check_armed_v2_renounceOwnership() public { _armed(bytes.concat(hex"715018a6", svm.createBytes(32, "data")), true, V2); }
    function check_armed_aave_renounceOwnership() public { _armed(bytes.concat(hex"715018a6", svm.createBytes(32, "data")), true, AAVE); }
    function check_armed_run_renounceOwnership() public { _armed(bytes.concat(hex"715018a6", svm.createBytes(32, "data")), true, RUN); }
    function check_armed_pairs_renounceOwnership() public { _armed(bytes.concat(hex"715018a6", svm.createBytes(32, "data")), true, PAIRS); }
    function check_idle_setExecutor() public { _idle(bytes.concat(hex"1e1bff3f", svm.createBytes(96, "data")), false); }
    function check_armed_v3_setExecutor() public { _armed(bytes.concat(hex"1e1bff3f", svm.createBytes(96, "data")), false, V3); }
    function check_armed_v2_setExecutor() public { _armed(bytes.concat(hex"1e1bff3f", svm.createBytes(96, "data")), false, V2); }
    function check_armed_aave_setExecutor() public { _armed(bytes.concat(hex"1e1bff3f", svm.createBytes(96, "data")), false, AAVE); }
    function check_armed_run_setExecutor() public { _armed(bytes.concat(hex"1e1bff3f", svm.createBytes(96, "data")), false, RUN); }
    function check_armed_pairs_setExecutor() public { _armed(bytes.concat(hex"1e1bff3f", svm.createBytes(96, "data")), false, PAIRS); }
    function check_idle_setGuardian() public { _idle(bytes.concat(hex"2b8a1c5a", svm.createBytes(96, "data")), false); }
    function check_armed_v3_setGuardian() public { _armed(bytes.concat(hex"2b8a1c5a", svm.createBytes(96, "data")), false, V3); }
    function check_armed_v2_setGuardian() public { _armed(bytes.concat(hex"2b8a1c5a", svm.createBytes(96, "data")), false, V2); }
    function check_armed_aave_setGuardian() public { _armed(bytes.concat(hex"2b8a1c5a", svm.createBytes(96, "data")), false, AAVE); }
    function check_armed_run_setGuardian() public { _armed(bytes.concat(hex"2b8a1c5a", svm.createBytes(96, "data")), false, RUN); }
    function check_armed_pairs_setGuardian() public { _armed(bytes.concat(hex"2b8a1c5a", svm.createBytes(96, "data")), false, PAIRS); }
    function check_idle_setListedPool() public { _idle(bytes.concat(hex"e06b227e", svm.createBytes(96, "data")), false); }
    function check_armed_v3_setListedPool() public { _armed(bytes.concat(hex"e06b227e", svm.createBytes(96, "data")), false, V3); }
    function check_armed_v2_setListedPool() public { _armed(bytes.concat(hex"e06b227e", svm.createBytes(96, "data")), false, V2); }
    function check_armed_aave_setListedPool() public { _armed(bytes.concat(hex"e06b227e", svm.createBytes(96, "data")), false, AAVE); }
    function check_armed_run_setListedPool() public { _armed(bytes.concat(hex"e06b227e", svm.createBytes(96, "data")), false, RUN); }
    function check_armed_pairs_setListedPool() public { _armed(bytes.concat(hex"e06b227e", svm.createBytes(96, "data")), false, PAIRS); }
    function check_idle_transferOwnership() public { _idle(bytes.concat(hex"f2fde38b", svm.createBytes(64, "data")), false); }
    function check_armed_v3_transferOwnership() public { _armed(bytes.concat(hex"f2fde38b", svm.createBytes(64, "data")), false, V3); }
    function check_armed_v2_transferOwnership() public { _armed(bytes.concat(hex"f2fde38b", svm.createBytes(64, "data")), false, V2); }
    function check_armed_aave_transferOwnership() public { _armed(bytes.concat(hex"f2fde38b", svm.createBytes(64, "data")), false, AAVE); }
    function check_armed_run_transferOwnership() public { _armed(bytes.concat(hex"f2fde38b", svm.createBytes(64, "data")), false, RUN); }
    function check_armed_pairs_transferOwnership() public { _armed(bytes.concat(hex"f2fde38b", svm.createBytes(64, "data")), false, PAIRS); }
    function check_idle_treasury() public { _idle(bytes.concat(hex"61d027b3", svm.createBytes(32, "data")), true); }
    function check_armed_v3_treasury() public { _armed(bytes.concat(hex"61d027b3", svm.createBytes(32, "data")), true, V3); }
    function check_armed_v2_treasury() public { _armed(bytes.concat(hex"61d027b3", svm.createBytes(32, "data")), true, V2); }
    function check_armed_aave_treasury() public { _armed(bytes.concat(hex"61d027b3", svm.createBytes(32, "data")), true, AAVE); }
    function check_armed_run_treasury() public { _armed(bytes.concat(hex"61d027b3", svm.createBytes(32, "data")), true, RUN); }
    function check_armed_pairs_treasury() public { _armed(bytes.concat(hex"61d027b3", svm.createBytes(32, "data")), true, PAIRS); }
    function check_idle_unpause() public { _idle(bytes.concat(hex"3f4ba83a", svm.createBytes(32, "data")), false); }
    function check_armed_v3_unpause() public { _armed(bytes.concat(hex"3f4ba83a", svm.createBytes(32, "data")), false, V3); }
    function check_armed_v2_unpause() public { _armed(bytes.concat(hex"3f4ba83a", svm.createBytes(32, "data")), false, V2); }
    function check_armed_aave_unpause() public { _armed(bytes.concat(hex"3f4ba83a", svm.createBytes(32, "data")), false, AAVE); }
    function check_armed_run_unpause() public { _armed(bytes.concat(hex"3f4ba83a", svm.createBytes(32, "data")), false, RUN); }
    function check_armed_pairs_unpause() public { _armed(bytes.concat(hex"3f4ba83a", svm.createBytes(32, "data")), false, PAIRS); }
    function check_idle_withdraw() public { _idle(bytes.concat(hex"f3fef3a3", svm.createBytes(96, "data")), false); }
    function check_armed_v3_withdraw() public { _armed(bytes.concat(hex"f3fef3a3", svm.createBytes(96, "data")), false, V3); }
    function check_armed_v2_withdraw() public { _armed(bytes.concat(hex"f3fef3a3", svm.createBytes(96, "data")), false, V2); }
    function check_armed_aave_withdraw() public { _armed(bytes.concat(hex"f3fef3a3", svm.createBytes(96, "data")), false, AAVE); }
    function check_armed_run_withdraw() public { _armed(bytes.concat(hex"f3fef3a3", svm.createBytes(96, "data")), false, RUN); }
    function check_armed_pairs_withdraw() public { _armed(bytes.concat(hex"f3fef3a3", svm.createBytes(96, "data")), false, PAIRS); }
    function check_armed_v3_replay() public { _bound(abi.encodeWithSignature("uniswapV3SwapCallback(int256,int256,bytes)", 1, 1, hex"40240000000000000000000000000000000000"), false, V3, WORD_V3, 19); }
    function check_armed_v2_replay() public { _bound(abi.encodeWithSignature("uniswapV2Call(address,uint256,uint256,bytes)", address(executor), 1, 1, hex"40240000000000000000000000000000000000"), false, V2, WORD_V2, 19); }
    function check_armed_aave_replay() public { _bound(abi.encodeWithSignature("executeOperation(address,uint256,uint256,address,bytes)", TOKEN, 1, 0, address(executor), hex"40000000000000000000000000000000000100000000000000000000000000000000240000000000000000000000000000000000"), false, AAVE, WORD_AAVE, 52); }
    function check_armed_run_replay() public { _armed(abi.encodeWithSignature("uniswapV3SwapCallback(int256,int256,bytes)", 1, 1, hex""), false, RUN); }
    function check_armed_pairs_replay() public { _armed(abi.encodeWithSignature("uniswapV3SwapCallback(int256,int256,bytes)", 1, 1, hex""), false, PAIRS); }
    function _unlisted(bytes memory data) private returns (bytes memory) {
        // forge-lint: disable-next-line(unsafe-typecast)
        bytes4 selector = bytes4(data); // of fewer bytes, the rest zero
        vm.assume(selector != hex"2c8958f6");
        vm.assume(selector != hex"1b11d0ff");
        vm.assume(selector != hex"31f57072");
        vm.assume(selector != hex"f04f2707");
        vm.assume(selector != hex"10d1e85c");
        vm.assume(selector != hex"e9cbafb0");
        vm.assume(selector != hex"fa461e33");
        vm.assume(selector != hex"91dd7346");
        vm.assume(selector != hex"a03e4bc3");
        vm.assume(selector != hex"79ba5097");
        vm.assume(selector != hex"e49d2a30");
        vm.assume(selector != hex"e52e63c5");
        vm.assume(selector != hex"5a81d4ba");
        vm.assume(selector != hex"c0c53b8b");
        vm.assume(selector != hex"debfda30");
        vm.assume(selector != hex"0c68ba21");
        vm.assume(selector != hex"a432fd2a");
        vm.assume(selector != hex"8da5cb5b");
        vm.assume(selector != hex"8456cb59");
        vm.assume(selector != hex"5c975abb");
        vm.assume(selector != hex"e30c3978");
        vm.assume(selector != hex"2ed6b75d");
        vm.assume(selector != hex"68af7b4f");
        vm.assume(selector != hex"f110ed67");
        vm.assume(selector != hex"715018a6");
        vm.assume(selector != hex"1e1bff3f");
        vm.assume(selector != hex"2b8a1c5a");
        vm.assume(selector != hex"e06b227e");
        vm.assume(selector != hex"f2fde38b");
        vm.assume(selector != hex"61d027b3");
        vm.assume(selector != hex"3f4ba83a");
        vm.assume(selector != hex"f3fef3a3");
        return data;
    }
    function check_idle_unlisted_1() public { _idle(_unlisted(svm.createBytes(1, "data")), false); }
    function check_idle_unlisted_4() public { _idle(_unlisted(svm.createBytes(4, "data")), false); }
    function check_idle_unlisted_164() public { _idle(_unlisted(svm.createBytes(164, "data")), false); }
}
