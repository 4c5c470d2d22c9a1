// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

/// @dev The least that a two-hop cycle can cost: straight-line calls with constants, pool to pool,
/// no checks and no decoding. Anyone could empty it; it is a yardstick.
contract Floor {
    address private immutable _token;
    address private immutable _first;
    address private immutable _second;
    uint256 private immutable _amountIn;
    uint256 private immutable _between;
    uint256 private immutable _amountOut;
    bool private immutable _firstIsV3;
    bool private immutable _secondIsV3;
    bool private immutable _firstZeroForOne;
    bool private immutable _secondZeroForOne;
    bool private immutable _flash;

    struct Plan {
        address token;
        address first;
        address second;
        uint256 amountIn;
        uint256 between;
        uint256 amountOut;
        bool firstIsV3;
        bool secondIsV3;
        bool firstZeroForOne;
        bool secondZeroForOne;
        bool flash;
    }

    constructor(Plan memory plan) {
        _token = plan.token;
        _first = plan.first;
        _second = plan.second;
        _amountIn = plan.amountIn;
        _between = plan.between;
        _amountOut = plan.amountOut;
        _firstIsV3 = plan.firstIsV3;
        _secondIsV3 = plan.secondIsV3;
        _firstZeroForOne = plan.firstZeroForOne;
        _secondZeroForOne = plan.secondZeroForOne;
        _flash = plan.flash;
    }

    /// @dev No calldata starts the cycle; calldata is a callback.
    fallback() external {
        if (msg.data.length == 0) {
            if (_secondIsV3) {
                _v3(_second, _between, _secondZeroForOne, address(this));
            } else if (_flash) {
                _v2(_second, _amountOut, _secondZeroForOne, address(this), 1);
            } else {
                _runFirst();
                _v2(_second, _amountOut, _secondZeroForOne, address(this), 0);
            }
        } else if (_firstIsV3 && msg.sender == _first) {
            _pay();
        } else {
            _runFirst();
        }
    }

    function _runFirst() private {
        if (_firstIsV3) {
            _v3(_first, _amountIn, _firstZeroForOne, _second);
        } else {
            _pay();
            _v2(_first, _between, _firstZeroForOne, _second, 0);
        }
    }

    function _pay() private {
        address token = _token;
        address to = _first;
        uint256 amount = _amountIn;
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore(m, 0xa9059cbb) // transfer(address,uint256)
            mstore(add(m, 0x20), to)
            mstore(add(m, 0x40), amount)
            pop(call(gas(), token, 0, add(m, 0x1c), 0x44, 0, 0))
        }
    }

    function _v2(address pair, uint256 out, bool zeroForOne, address to, uint256 data) private {
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore(m, 0x022c0d9f) // swap(uint256,uint256,address,bytes)
            mstore(add(m, 0x20), mul(out, iszero(zeroForOne)))
            mstore(add(m, 0x40), mul(out, zeroForOne))
            mstore(add(m, 0x60), to)
            mstore(add(m, 0x80), 0x80)
            mstore(add(m, 0xa0), data)
            if iszero(call(gas(), pair, 0, add(m, 0x1c), add(0xa4, data), 0, 0)) {
                revert(0, 0)
            }
        }
    }

    function _v3(address pool, uint256 amountIn, bool zeroForOne, address to) private {
        uint160 limit = zeroForOne ? 4295128740 : 1461446703485210103287273052203988822378723970341;
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore(m, 0x128acb08) // swap(address,bool,int256,uint160,bytes)
            mstore(add(m, 0x20), to)
            mstore(add(m, 0x40), zeroForOne)
            mstore(add(m, 0x60), amountIn)
            mstore(add(m, 0x80), limit)
            mstore(add(m, 0xa0), 0xa0)
            mstore(add(m, 0xc0), 0)
            if iszero(call(gas(), pool, 0, add(m, 0x1c), 0xc4, 0, 0)) { revert(0, 0) }
        }
    }
}
