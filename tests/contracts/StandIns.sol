// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

interface IToken {
    function balanceOf(address who) external view returns (uint256);
}

interface IAlgebraCallback {
    function algebraSwapCallback(int256 amount0, int256 amount1, bytes calldata data) external;
}

/// @dev What the stand-ins below share: two tokens, and the constant product with 0.3 % fee. They
/// speak the interfaces of protocols whose arithmetic would only slow a comparison of semantics.
abstract contract ConstantProduct {
    address public immutable token0;
    address public immutable token1;

    constructor(address tokenA, address tokenB) {
        (token0, token1) = tokenA < tokenB ? (tokenA, tokenB) : (tokenB, tokenA);
    }

    function _send(address token, address to, uint256 amount) internal {
        _call(token, abi.encodeWithSignature("transfer(address,uint256)", to, amount));
    }

    function _pull(address token, uint256 amount) internal {
        bytes memory data = abi.encodeWithSignature(
            "transferFrom(address,address,uint256)", msg.sender, address(this), amount
        );
        _call(token, data);
    }

    /// @dev As protocols do: no answer, or true.
    function _call(address token, bytes memory data) private {
        (bool ok, bytes memory answer) = token.call(data);
        require(ok && (answer.length == 0 || abi.decode(answer, (bool))), "a token refused");
    }

    function _output(uint256 input, uint256 into, uint256 out) internal pure returns (uint256) {
        return input * 997 * out / (into * 1000 + input * 997);
    }
}

/// @dev Algebra's swap: output first, then the callback, then the input must be there.
contract AlgebraStandIn is ConstantProduct {
    bool private _locked;

    constructor(address tokenA, address tokenB) ConstantProduct(tokenA, tokenB) {}

    /// @param amount To sell exactly; if negative, to buy exactly.
    function swap(address to, bool zeroToOne, int256 amount, uint160, bytes calldata data)
        external
        returns (int256 amount0, int256 amount1)
    {
        require(!_locked && amount != 0, "AlgebraStandIn: locked, or nothing to do");
        _locked = true;
        (address paid, address got) = zeroToOne ? (token0, token1) : (token1, token0);
        uint256 into = IToken(paid).balanceOf(address(this));
        (uint256 used, uint256 out) =
            _amounts(amount, into, IToken(got).balanceOf(address(this)));
        if (out != 0) _send(got, to, out);
        (amount0, amount1) =
            zeroToOne ? (int256(used), -int256(out)) : (-int256(out), int256(used));
        IAlgebraCallback(msg.sender).algebraSwapCallback(amount0, amount1, data);
        require(
            IToken(paid).balanceOf(address(this)) >= into + used, "AlgebraStandIn: unpaid"
        );
        _locked = false;
    }

    /// @dev A word that changes with every trade, where Algebra has its price.
    function globalState() external view returns (uint256) {
        return IToken(token0).balanceOf(address(this));
    }

    function _amounts(int256 amount, uint256 into, uint256 from)
        private
        pure
        returns (uint256 used, uint256 out)
    {
        if (amount > 0) return (uint256(amount), _output(uint256(amount), into, from));
        out = uint256(-amount);
        require(out < from, "AlgebraStandIn: not so much");
        used = into * out * 1000 / ((from - out) * 997) + 1;
    }
}

/// @dev Curve's two ways to sell: pulled by an allowance, or delivered before.
contract CurveStandIn is ConstantProduct {
    uint256[2] private _balances;
    bool private _locked;

    constructor(address tokenA, address tokenB) ConstantProduct(tokenA, tokenB) {}

    function sync() external {
        _balances[0] = IToken(token0).balanceOf(address(this));
        _balances[1] = IToken(token1).balanceOf(address(this));
    }

    function exchange(int128 i, int128 j, uint256 dx, uint256 least) external returns (uint256) {
        _pull(_coin(i), dx);
        return _exchange(i, j, dx, least, msg.sender);
    }

    function exchange(int128 i, int128 j, uint256 dx, uint256 least, address to)
        external
        returns (uint256)
    {
        _pull(_coin(i), dx);
        return _exchange(i, j, dx, least, to);
    }

    function exchange_received(int128 i, int128 j, uint256 dx, uint256 least, address to)
        external
        returns (uint256)
    {
        uint256 came = IToken(_coin(i)).balanceOf(address(this)) - _balances[uint128(i)];
        require(came >= dx, "CurveStandIn: not received");
        return _exchange(i, j, came, least, to);
    }

    function coins(uint256 i) external view returns (address) {
        return _coin(int128(int256(i)));
    }

    function _exchange(int128 i, int128 j, uint256 dx, uint256 least, address to)
        private
        returns (uint256 out)
    {
        require(!_locked && i != j, "CurveStandIn: locked, or one coin");
        _locked = true;
        out = _output(dx, _balances[uint128(i)], _balances[uint128(j)]);
        require(out >= least, "CurveStandIn: too little");
        _balances[uint128(i)] += dx;
        _balances[uint128(j)] -= out;
        _send(_coin(j), to, out);
        _locked = false;
    }

    function _coin(int128 i) private view returns (address) {
        require(i == 0 || i == 1, "CurveStandIn: no such coin");
        return i == 0 ? token0 : token1;
    }
}

interface IVault {
    function registerPool(uint8 specialisation) external returns (bytes32);
    function registerTokens(bytes32 id, address[] calldata tokens, address[] calldata managers)
        external;
}

/// @dev A pool for the real Balancer vault: it prices, the vault moves the tokens.
contract BalancerStandIn is ConstantProduct {
    uint8 private constant MINIMAL_SWAP_INFO = 1;

    struct Request {
        uint8 kind;
        address tokenIn;
        address tokenOut;
        uint256 amount;
        bytes32 poolId;
        uint256 lastChangeBlock;
        address from;
        address to;
        bytes userData;
    }

    bytes32 public immutable poolId;

    constructor(address vault, address tokenA, address tokenB) ConstantProduct(tokenA, tokenB) {
        poolId = IVault(vault).registerPool(MINIMAL_SWAP_INFO);
        address[] memory tokens = new address[](2);
        (tokens[0], tokens[1]) = (token0, token1);
        IVault(vault).registerTokens(poolId, tokens, new address[](2));
    }

    function onSwap(Request calldata request, uint256 into, uint256 out)
        external
        pure
        returns (uint256)
    {
        require(request.kind == 0, "BalancerStandIn: exact input only");
        return _output(request.amount, into, out);
    }

    /// @dev Takes what the joiner names.
    function onJoinPool(
        bytes32,
        address,
        address,
        uint256[] calldata,
        uint256,
        uint256,
        bytes calldata data
    ) external pure returns (uint256[] memory amounts, uint256[] memory fees) {
        return (abi.decode(data, (uint256[])), new uint256[](2));
    }
}

/// @dev Reads many balances in one call, holder by holder within each token.
contract Balances {
    function read(address[] calldata tokens, address[] calldata holders)
        external
        view
        returns (uint256[] memory held)
    {
        held = new uint256[](tokens.length * holders.length);
        for (uint256 i = 0; i < tokens.length; ++i) {
            for (uint256 j = 0; j < holders.length; ++j) {
                held[i * holders.length + j] = IToken(tokens[i]).balanceOf(holders[j]);
            }
        }
    }
}
