// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

interface IAllowance {
    function allowance(address owner, address spender) external view returns (uint256);
}

/// @dev A pool of the thief's own, whatever is asked of it: it answers a swap, flash loan or exchange
/// with what its plan says, and may give tokens back so that the run looks like a good one. It counts
/// calls that must be refused and are not.
contract Robber {
    uint256 private constant CALL_BACK = 1;
    uint256 private constant CALL_BACK_AGAIN = 2;
    uint256 private constant OTHER_DATA = 4;
    uint256 private constant OTHER_SELECTORS = 8;
    uint256 private constant RUN = 16;
    uint256 private constant LATE = 32;
    uint256 private constant ASK_FOR_MORE = 64;
    uint256 private constant TAKE = 128;
    uint256 private constant ELSEWHERE = 256;
    uint256 private constant ONCE = 512; // no callback may pass but the one that is due

    bytes4 private constant V2 = 0x10d1e85c; // uniswapV2Call(address,uint256,uint256,bytes)
    bytes4 private constant V3 = 0xfa461e33; // uniswapV3SwapCallback(int256,int256,bytes)
    bytes4 private constant ALGEBRA = 0x2c8958f6; // algebraSwapCallback(int256,int256,bytes)
    bytes4 private constant FLASH = 0xe9cbafb0; // uniswapV3FlashCallback(uint256,uint256,bytes)

    address private immutable _executor;
    address[] private _tokens;
    bool private _listed;

    uint256 private _plan;
    address private _gift;
    uint256 private _giftAmount;
    bytes private _program;
    bytes private _bound;
    address private _place;
    bytes private _message;
    bytes private _kept;
    bytes4 private _keptSelector;
    bool private _busy;

    uint256 public breaches;

    constructor(address executor, address[] memory tokens, bool listed) {
        _executor = executor;
        _tokens = tokens;
        _listed = listed;
    }

    function plan(
        uint256 plan_,
        address gift,
        uint256 giftAmount,
        bytes calldata program,
        bytes calldata bound,
        address place,
        bytes calldata message
    ) external {
        (_plan, _gift, _giftAmount) = (plan_, gift, giftAmount);
        (_program, _bound, _place, _message) = (program, bound, place, message);
        delete _keptSelector;
        breaches = 0;
    }

    fallback() external payable {
        if (!_busy) {
            _busy = true;
            _act();
            _busy = false;
        }
        assembly {
            mstore(0x00, 1)
            mstore(0x20, 1)
            return(0x00, 0x40)
        }
    }

    function _act() private {
        if (_has(LATE) && _keptSelector != 0) _forbidden(_keptSelector, _kept);
        if (!_listed) _takeAllowances(true);
        if (msg.data.length >= 4 && msg.sender == _executor) _answer();
        if (_has(RUN)) _refused(_executor, _program);
        if (_has(ELSEWHERE)) _place.call(_message);
        if (_has(TAKE)) _takeAllowances(false);
        if (_giftAmount != 0) _transfer(_gift, _giftAmount);
    }

    /// @dev The callback that the call expects, and others that it does not.
    function _answer() private {
        (bytes4 selector, bytes memory data) = _expected();
        if (selector == 0) return;
        if (_has(OTHER_DATA)) _forbidden(selector, _bound);
        if (_has(OTHER_SELECTORS)) {
            _refused(_executor, _callback(selector == V2 ? FLASH : V2, data));
        }
        (_kept, _keptSelector) = (data, selector);
        if (!_has(CALL_BACK)) return;
        delete _keptSelector;
        (bool ok,) = _executor.call(_callback(selector, data));
        if (!ok && selector == V3) {
            selector = ALGEBRA; // their swaps look alike
            (ok,) = _executor.call(_callback(selector, data));
        }
        require(ok, "Robber: refused");
        if (_has(ASK_FOR_MORE) && selector != V2) _countOverpayment(data);
        if (_has(CALL_BACK_AGAIN)) _forbidden(selector, data);
    }

    /// @dev Answered before, or late, or not what was given; but a cycle's pool that has a word may ask for
    /// what it likes, as often as it likes.
    function _forbidden(bytes4 selector, bytes memory data) private {
        bool served = data.length == 0 && !_has(ONCE);
        if (!served) _refused(_executor, _callback(selector, data));
        else _executor.call(_callback(selector, data));
    }

    function _expected() private pure returns (bytes4 selector, bytes memory data) {
        if (msg.sig == 0x022c0d9f) {
            (,,, data) = abi.decode(msg.data[4:], (uint256, uint256, address, bytes));
            if (data.length != 0) selector = V2;
        } else if (msg.sig == 0x128acb08) {
            (,,,, data) = abi.decode(msg.data[4:], (address, bool, int256, uint160, bytes));
            selector = V3;
        } else if (msg.sig == 0x490e6cbc) {
            (,,, data) = abi.decode(msg.data[4:], (address, uint256, uint256, bytes));
            selector = FLASH;
        }
    }

    function _callback(bytes4 selector, bytes memory data) private view returns (bytes memory) {
        if (selector == V2) return abi.encodeWithSelector(selector, _executor, 1, 1, data);
        uint256 asked = 1;
        if (_has(ASK_FOR_MORE)) asked = _plan >> 16;
        return abi.encodeWithSelector(selector, asked, uint256(0), data);
    }

    /// @dev A payment's data end in the most that it may pay.
    function _countOverpayment(bytes memory data) private {
        if (data.length != 64 || data[0] != 0) return;
        (, uint256 most) = abi.decode(data, (address, uint256));
        if (_plan >> 16 > most) ++breaches;
    }

    /// @dev A call that no honest contract would let pass.
    function _refused(address target, bytes memory data) private {
        (bool ok,) = target.call(data);
        if (ok) ++breaches;
    }

    /// @dev Uses, or only counts, what the executor lets this pool take.
    function _takeAllowances(bool count) private {
        for (uint256 i = 0; i < _tokens.length; ++i) {
            uint256 left = IAllowance(_tokens[i]).allowance(_executor, address(this));
            if (left == 0) continue;
            if (count) ++breaches;
            uint256 part = _has(CALL_BACK) ? left : left / 2;
            _tokens[i].call(
                abi.encodeWithSignature(
                    "transferFrom(address,address,uint256)", _executor, address(this), part
                )
            );
        }
    }

    function _transfer(address token, uint256 amount) private {
        token.call(abi.encodeWithSignature("transfer(address,uint256)", _executor, amount));
    }

    function _has(uint256 part) private view returns (bool) {
        return _plan & part != 0;
    }
}

/// @dev Reads what the promise is about in one call.
contract Witness {
    function balances(address[] calldata tokens, address holder)
        external
        view
        returns (uint256[] memory held)
    {
        held = new uint256[](tokens.length + 1);
        for (uint256 i = 0; i < tokens.length; ++i) {
            (, bytes memory answer) =
                tokens[i].staticcall(abi.encodeWithSignature("balanceOf(address)", holder));
            held[i] = abi.decode(answer, (uint256));
        }
        held[tokens.length] = holder.balance;
    }

    function allowed(address[] calldata tokens, address owner, address[] calldata spenders)
        external
        view
        returns (uint256 total)
    {
        for (uint256 i = 0; i < tokens.length; ++i) {
            for (uint256 j = 0; j < spenders.length; ++j) {
                total |= IAllowance(tokens[i]).allowance(owner, spenders[j]);
            }
        }
    }
}
