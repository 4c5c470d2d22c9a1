// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

interface ISwapCallback {
    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata data) external;
}

interface ITransfer {
    function transfer(address to, uint256 amount) external returns (bool);
}

/// @dev Speaks as a Uniswap V3 pool whose price is fixed, and asks for what its plan says, as often as it
/// says, paid or not. It has nothing to do with callers that give it data.
contract OddPool {
    uint256 private constant TOLERANT = 1; // goes on where a callback fails
    uint256 private constant ASKS_FIRST = 2; // gives its output after the callbacks
    uint256 private constant OTHER_TOKEN = 4; // states what it asks for as the token that it gives
    uint256 private constant DEEPEST = 3; // swaps within swaps

    address private immutable _token0;
    address private immutable _token1;
    uint256 private immutable _value0; // of token0, so much are worth `_value1` of token1
    uint256 private immutable _value1;
    uint256 private _habits;
    uint256 private _depth;
    int256[] private _percents;

    constructor(address token0, address token1, uint256 value0, uint256 value1) {
        (_token0, _token1, _value0, _value1) = (token0, token1, value0, value1);
        _percents.push(100);
    }

    /// @param percents What it asks for, one after another, of what its output costs.
    function plan(uint256 habits, int256[] calldata percents) external {
        (_habits, _percents) = (habits, percents);
    }

    function swap(address to, bool zeroForOne, int256 amount, uint160, bytes calldata data) external {
        require(data.length == 0 && _depth < DEEPEST, "OddPool: data, or too deep");
        ++_depth;
        (uint256 into, uint256 from) = zeroForOne ? (_value0, _value1) : (_value1, _value0);
        uint256 used = amount < 0 ? uint256(-amount) * into / from + 1 : uint256(amount);
        uint256 out = amount < 0 ? uint256(-amount) : used * from / into;
        if (_habits & ASKS_FIRST == 0) _give(zeroForOne, to, out);
        for (uint256 i = 0; i < _percents.length; ++i) {
            _ask(zeroForOne, int256(used) * _percents[i] / 100, -int256(out));
        }
        if (_habits & ASKS_FIRST != 0) _give(zeroForOne, to, out);
        --_depth;
    }

    function _give(bool zeroForOne, address to, uint256 out) private {
        if (out != 0) ITransfer(zeroForOne ? _token1 : _token0).transfer(to, out);
    }

    function _ask(bool zeroForOne, int256 asked, int256 given) private {
        bool first = zeroForOne == (_habits & OTHER_TOKEN == 0);
        (int256 amount0, int256 amount1) = first ? (asked, given) : (given, asked);
        bytes memory message =
            abi.encodeCall(ISwapCallback.uniswapV3SwapCallback, (amount0, amount1, ""));
        (bool ok, bytes memory reason) = msg.sender.call(message);
        if (!ok && _habits & TOLERANT == 0) {
            assembly ("memory-safe") {
                revert(add(reason, 0x20), mload(reason))
            }
        }
    }
}
