// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

/// @dev A well-behaved token until it is armed; each contract below misbehaves in one way then.
/// `to` and `from` of a movement, and what a call answers, are all that one of them changes.
abstract contract HostileToken {
    mapping(address => uint256) internal held;
    mapping(address => mapping(address => uint256)) public allowance;
    bool public armed;
    address internal victim;

    function arm(address victim_) external {
        armed = true;
        victim = victim_;
    }

    function mint(address to, uint256 amount) external {
        held[to] += amount;
    }

    function balanceOf(address who) external view returns (uint256) {
        return _balance(who);
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
        _answer();
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
        _answer();
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
        _answer();
    }

    function _balance(address who) internal view virtual returns (uint256) {
        return held[who];
    }

    function _move(address from, address to, uint256 amount) internal virtual {
        held[from] -= amount;
        held[to] += amount;
    }

    function _answer() internal virtual {
        assembly {
            mstore(0x00, 1)
            return(0x00, 0x20)
        }
    }
}

contract FeeOnTransfer is HostileToken {
    function _move(address from, address to, uint256 amount) internal override {
        held[from] -= amount;
        held[to] += armed ? amount - amount / 100 : amount;
    }
}

/// @dev Delivers a tenth of what it says to all but its friends.
contract KeepsNineTenths is HostileToken {
    function _move(address from, address to, uint256 amount) internal override {
        held[from] -= amount;
        held[to] += armed && from == victim ? amount : armed ? amount / 10 : amount;
    }
}

/// @dev Takes a twentieth more than is sent.
contract TakesMoreThanSent is HostileToken {
    function _move(address from, address to, uint256 amount) internal override {
        held[from] -= armed && from == victim ? amount + amount / 20 : amount;
        held[to] += amount;
    }
}

abstract contract Rebasing is HostileToken {
    uint256 internal index = 1e18;

    function _balance(address who) internal view override returns (uint256) {
        return held[who] * index / 1e18;
    }

    function _move(address from, address to, uint256 amount) internal override {
        uint256 shares = amount * 1e18 / index;
        held[from] -= shares;
        held[to] += shares;
        if (armed) index = _next();
    }

    function _next() internal view virtual returns (uint256);
}

contract RebasesDown is Rebasing {
    function _next() internal view override returns (uint256) {
        return index * 99 / 100;
    }
}

contract RebasesUp is Rebasing {
    function _next() internal view override returns (uint256) {
        return index * 101 / 100;
    }
}

contract ReturnsFalse is HostileToken {
    function _move(address from, address to, uint256 amount) internal override {
        if (!armed) super._move(from, to, amount);
    }

    function _answer() internal view override {
        uint256 word = armed ? 0 : 1;
        assembly {
            mstore(0x00, word)
            return(0x00, 0x20)
        }
    }
}

contract MovesAndReturnsFalse is HostileToken {
    function _answer() internal view override {
        uint256 word = armed ? 0 : 1;
        assembly {
            mstore(0x00, word)
            return(0x00, 0x20)
        }
    }
}

contract ReturnsNothing is HostileToken {
    function _answer() internal view override {
        uint256 size = armed ? 0 : 0x20;
        assembly {
            mstore(0x00, 1)
            return(0x00, size)
        }
    }
}

contract ReturnsGarbage is HostileToken {
    function _answer() internal view override {
        uint256 word = armed ? uint256(keccak256("garbage")) : 1;
        assembly {
            mstore(0x00, word)
            return(0x00, 0x20)
        }
    }
}

contract ReturnsOneByte is HostileToken {
    function _answer() internal view override {
        uint256 from = armed ? 0x1f : 0;
        assembly {
            mstore(0x00, 1)
            return(from, sub(0x20, from))
        }
    }
}

contract ReturnsABomb is HostileToken {
    function _answer() internal view override {
        uint256 size = armed ? 200000 : 0x20;
        assembly {
            mstore(0x00, 1)
            return(0x00, size)
        }
    }
}

contract Blacklists is HostileToken {
    function _move(address from, address to, uint256 amount) internal override {
        require(!armed || (from != victim && to != victim), "Blacklists: refused");
        super._move(from, to, amount);
    }
}

contract Pauses is HostileToken {
    function _move(address from, address to, uint256 amount) internal override {
        require(!armed, "Pauses: refused");
        super._move(from, to, amount);
    }
}

contract RevertsOnZero is HostileToken {
    function _move(address from, address to, uint256 amount) internal override {
        require(amount != 0, "RevertsOnZero: refused");
        super._move(from, to, amount);
    }
}

/// @dev Tells whoever receives it, and whoever it was told to tell, of every movement.
contract Hooks is HostileToken {
    address private _listener;
    bytes private _message;
    uint256 public attempts;
    uint256 public breaches;

    function listen(address listener, bytes calldata message) external {
        _listener = listener;
        _message = message;
    }

    function _move(address from, address to, uint256 amount) internal override {
        if (armed && _listener != address(0)) {
            ++attempts;
            (bool ok,) = _listener.call(_message);
            if (ok) ++breaches;
        }
        super._move(from, to, amount);
    }
}

contract ReportsTooMuch is HostileToken {
    function _balance(address who) internal view override returns (uint256) {
        return armed && who == victim ? held[who] + 10 ** 24 : held[who];
    }
}

contract ReportsTooLittle is HostileToken {
    function _balance(address who) internal view override returns (uint256) {
        return armed && who == victim ? 0 : held[who];
    }
}

/// @dev Has no balance to report once armed: the call answers fewer bytes than a word.
contract ReportsNoBalance is HostileToken {
    function _balance(address who) internal view override returns (uint256) {
        if (armed && who == victim) {
            assembly {
                return(0x00, 0x1f)
            }
        }
        return held[who];
    }
}

contract TakesOnApproval is HostileToken {
    function _answer() internal override {
        if (armed && msg.sig == 0x095ea7b3) held[victim] -= held[victim] / 2;
        super._answer();
    }
}
