// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {HASH_BITS} from "../../contracts/libraries/CallbackGuard.sol";
import {Administration} from "../../contracts/Administration.sol";
import {ExecutorDeployment} from "../../contracts/ExecutorDeployment.sol";
import {svm, vm} from "./Cheats.sol";
import {NotedToken, Stage} from "./Stage.sol";
import {ARMED, FIRST, PAIR, TOKEN, Watch} from "./Watch.sol";

/// @dev The world of every proof: an executor with all its roles given, hand-overs proposed and
/// capital inside, and a caller of whom nothing is known but that it holds no role.
abstract contract Stranger {
    address private constant OWNER = address(0xA1);
    address private constant GUARDIAN = address(0xA2);
    address private constant TREASURY = address(0xA3);
    address private constant KEEPER = address(0xA4);
    address private constant HEIR = address(0xA5);
    address private constant PROPOSED = address(0xA6);

    address internal executor;

    function setUp() public {
        vm.etch(TOKEN, address(new NotedToken()).code);
        vm.etch(ARMED, address(new Stage()).code);
        executor = _created();
        Administration administration = Administration(executor);
        vm.prank(OWNER);
        administration.setExecutor(KEEPER, true);
        vm.prank(OWNER);
        administration.transferOwnership(HEIR);
        vm.prank(OWNER);
        administration.proposeTreasury(PROPOSED);
        NotedToken(TOKEN).mint(executor, 1e24);
        vm.deal(executor, 1e18);
    }

    /// @dev The armed contract is Aave's pool, and listed as a pool of cycles.
    function _created() private returns (address) {
        address[] memory pools = new address[](2);
        (pools[0], pools[1]) = (ARMED, FIRST);
        address[] memory pairs = new address[](3);
        for (uint160 i = 0; i < pairs.length; ++i) {
            pairs[i] = address(uint160(PAIR) + i);
        }
        return address(new ExecutorDeployment(OWNER, GUARDIAN, TREASURY, ARMED, pools, pairs));
    }

    function _stranger() private returns (address who) {
        who = svm.createAddress("stranger");
        vm.assume(who != OWNER && who != GUARDIAN && who != KEEPER);
        vm.assume(who != HEIR && who != PROPOSED);
        vm.assume(who != address(0)); // nobody calls, and its place is the lock's
    }

    /// @dev Between runs, `data` from a stranger changes nothing, and fails unless it only reads.
    function _idle(bytes memory data, bool reads) internal {
        address who = _stranger();
        bytes32 earlier = Watch.state(executor);
        vm.prank(who);
        (bool succeeded,) = executor.call(data);
        assert(reads || !succeeded);
        assert(Watch.state(executor) == earlier);
    }

    /// @dev The same while a run has armed a pool that is not the stranger, or a cycle's pools are bound.
    function _armed(bytes memory data, bool reads, bytes memory program) internal {
        _attack(_stranger(), data, reads, program);
    }

    /// @dev The same while the guard's word is this one. A callback is known by the highest 254 bits of a
    /// hash: that those of another, whose last argument has `length` bytes, are equal is as unlikely as any
    /// other collision, but is nothing that the checker takes for granted.
    function _bound(
        bytes memory data,
        bool reads,
        bytes memory program,
        uint256 word,
        uint256 length
    ) internal {
        address who = _stranger();
        vm.assume(HASH_BITS | (_hash(who, data, length) >> 2) != word);
        _attack(who, data, reads, program);
    }

    function _attack(address who, bytes memory data, bool reads, bytes memory program) private {
        vm.assume(who != ARMED && who != FIRST);
        Stage(ARMED).prepare(executor, who, data);
        vm.prank(KEEPER);
        (bool ran, bytes memory report) = executor.call(program);
        assert(!ran); // the pool reverts, so the run does
        (bool succeeded, bool changed) = _told(report);
        assert(reads || !succeeded);
        assert(!changed);
    }

    /// @dev As CallbackGuard makes it of a callback.
    function _hash(address who, bytes memory data, uint256 length)
        private
        pure
        returns (uint256 hash)
    {
        assembly ("memory-safe") {
            let buffer := mload(0x40) // free memory, not kept
            mstore(buffer, or(shl(32, who), shr(224, mload(add(data, 0x20)))))
            let from := add(add(data, 0x20), sub(mload(data), and(add(length, 0x1f), not(0x1f))))
            for { let at := 0 } lt(at, length) { at := add(at, 0x20) } {
                mstore(add(add(buffer, 0x20), at), mload(add(from, at)))
            }
            hash := keccak256(buffer, add(length, 0x20))
        }
    }

    /// @dev An array of one unknown word.
    function _one() internal returns (uint256[] memory array) {
        array = new uint256[](1);
        array[0] = svm.createUint256("word");
    }

    /// @dev What the pool said inside HopFailed(pool, reason): selector, then two booleans.
    function _told(bytes memory report) private pure returns (bool succeeded, bool changed) {
        assert(report.length >= 0xa8); // else the pool was never reached
        bytes4 selector;
        assembly ("memory-safe") {
            selector := mload(add(report, 0x84))
            succeeded := mload(add(report, 0x88))
            changed := mload(add(report, 0xa8))
        }
        assert(selector == Stage.Attacked.selector);
    }
}
