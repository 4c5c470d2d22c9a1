// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

/// @dev What all hostile pools share: they know who calls, which callback the caller has armed and
/// where its data lie, and they count what they tried against how much of it got through.
abstract contract HostilePool {
    struct Call {
        address target;
        bytes data;
    }

    address internal victim;
    bytes4 internal armed; // zero where the venue calls nobody back
    uint256 internal dataWord; // place of the data's offset among the call's arguments
    Call[] internal calls; // what to try, for those that try other things
    address private _gift;
    uint256 private _giftAmount;
    bool private _busy;

    /// @dev Calls that should have been refused, and how many were not.
    uint256 public attempts;
    uint256 public breaches;

    function brief(
        address victim_,
        bytes4 armed_,
        uint256 dataWord_,
        Call[] calldata calls_,
        address gift_,
        uint256 giftAmount_
    ) external {
        victim = victim_;
        armed = armed_;
        dataWord = dataWord_;
        delete calls;
        for (uint256 i = 0; i < calls_.length; ++i) {
            calls.push(calls_[i]);
        }
        _gift = gift_;
        _giftAmount = giftAmount_;
    }

    /// @dev Any call is a swap; one that arrives while a swap is being answered gets the answer.
    fallback() external payable {
        if (msg.sig == 0x0902f1ac) _answerReserves(); // a static call: getReserves()
        if (!_busy) {
            _busy = true;
            _attack(_data());
            _busy = false;
            _give();
        }
        _answer();
    }

    function _attack(bytes memory data) internal virtual;

    /// @dev What an honest pool would do: one callback, whose failure is the swap's.
    function _honest(bytes memory data) internal {
        if (armed == 0) return;
        (bool ok, bytes memory reason) = victim.call(_callback(armed, data));
        if (!ok) {
            assembly {
                revert(add(reason, 0x20), mload(reason))
            }
        }
    }

    function _try(address target, bytes memory data) internal {
        ++attempts;
        (bool ok,) = target.call(data);
        if (ok) ++breaches;
    }

    /// @dev A callback as its protocol would send it. All but the pair's name two amounts.
    function _callback(bytes4 selector, bytes memory data) internal view returns (bytes memory) {
        if (selector == 0x10d1e85c) return abi.encodeWithSelector(selector, victim, 1, 1, data);
        return abi.encodeWithSelector(selector, 1, 1, data);
    }

    /// @dev Gives a token, so that the run which met this pool looks like a good one.
    function _give() internal virtual {
        if (_giftAmount == 0) return;
        (bool ok,) =
            _gift.call(abi.encodeWithSignature("transfer(address,uint256)", victim, _giftAmount));
        require(ok, "HostilePool: nothing to give");
    }

    function _answer() internal virtual {
        assembly {
            mstore(0x00, 1)
            mstore(0x20, 1)
            return(0x00, 0x40)
        }
    }

    function _answerReserves() private pure {
        assembly {
            mstore(0x00, 1)
            mstore(0x20, 1)
            return(0x00, 0x40)
        }
    }

    function _data() private view returns (bytes memory data) {
        if (armed == 0) return "";
        uint256 at;
        uint256 word = dataWord;
        assembly {
            at := add(4, calldataload(add(4, mul(word, 0x20))))
        }
        uint256 length;
        assembly {
            length := calldataload(at)
        }
        return msg.data[at + 0x20:at + 0x20 + length];
    }
}

contract CallsBackTwice is HostilePool {
    function _attack(bytes memory data) internal override {
        _honest(data);
        if (armed != 0) _try(victim, _callback(armed, data));
    }
}

contract CallsBackWithOtherData is HostilePool {
    function _attack(bytes memory data) internal override {
        if (armed != 0) {
            _try(victim, _callback(armed, abi.encodePacked(data, uint8(0))));
            if (data.length != 0) {
                _try(victim, _callback(armed, abi.encodePacked(data, data)));
                _try(victim, _callback(armed, ""));
            }
            for (uint256 i = 0; i < calls.length; ++i) {
                _try(victim, _callback(armed, calls[i].data));
            }
        }
        _honest(data);
    }
}

contract CallsBackOnOtherSelectors is HostilePool {
    function _attack(bytes memory data) internal override {
        for (uint256 i = 0; i < calls.length; ++i) {
            bytes4 selector = bytes4(calls[i].data);
            if (selector != armed) _try(victim, _callback(selector, data));
        }
        _honest(data);
    }
}

contract Accomplice {
    function relay(address target, bytes calldata data) external {
        (bool ok,) = target.call(data);
        require(ok, "Accomplice: refused");
    }
}

contract CallsBackFromAnotherAddress is HostilePool {
    Accomplice private immutable _accomplice = new Accomplice();

    function _attack(bytes memory data) internal override {
        if (armed != 0) {
            bytes memory message = _callback(armed, data);
            _try(address(_accomplice), abi.encodeCall(Accomplice.relay, (victim, message)));
        }
        _honest(data);
    }
}

contract NeverCallsBack is HostilePool {
    function _attack(bytes memory) internal override {}
}

/// @dev Answers the first swap honestly, and during the second sends the first one's callback.
contract CallsBackLate is HostilePool {
    bytes private _kept;

    function _attack(bytes memory data) internal override {
        if (_kept.length != 0) _try(victim, _callback(armed, _kept));
        _kept = data;
        _honest(data);
    }
}

/// @dev Tries every call it was told to make, before and after its honest part: runs and
/// administration of the victim, swaps and loans in its name, transfers by its allowance.
contract TriesOtherCalls is HostilePool {
    function _attack(bytes memory data) internal override {
        _tryAll();
        _honest(data);
        _tryAll();
    }

    function _tryAll() private {
        for (uint256 i = 0; i < calls.length; ++i) {
            _try(calls[i].target, calls[i].data);
        }
    }
}

contract LiesAboutAmounts is HostilePool {
    function _attack(bytes memory data) internal override {
        if (armed == 0) return;
        uint256 most = type(uint256).max;
        bytes memory message = armed == 0x10d1e85c
            ? abi.encodeWithSelector(armed, victim, most, most, data)
            : abi.encodeWithSelector(armed, type(int256).max, most, data);
        (bool ok,) = victim.call(message);
        require(ok, "LiesAboutAmounts: refused");
    }

    function _answer() internal pure override {
        assembly {
            mstore(0x00, not(0))
            mstore(0x20, not(0))
            return(0x00, 0x40)
        }
    }
}

contract AnswersWithABomb is HostilePool {
    function _attack(bytes memory data) internal override {
        _honest(data);
    }

    function _answer() internal pure override {
        assembly {
            return(0x00, 500000)
        }
    }
}

contract RevertsWithABomb is HostilePool {
    function _attack(bytes memory data) internal override {
        _honest(data);
        assembly {
            revert(0x00, 500000)
        }
    }
}

contract BurnsAllGas is HostilePool {
    function _attack(bytes memory data) internal override {
        _honest(data);
        while (true) {}
    }
}

contract DestroysItself is HostilePool {
    function _attack(bytes memory data) internal override {
        _honest(data);
        _give();
        selfdestruct(payable(victim));
    }
}

contract DeliversNothing is HostilePool {
    function _attack(bytes memory data) internal override {
        _honest(data);
    }

    function _give() internal override {}
}

contract AnswersNothing is HostilePool {
    function _attack(bytes memory data) internal override {
        _honest(data);
    }

    function _answer() internal pure override {
        assembly {
            return(0x00, 0x00)
        }
    }
}
