# pragma version 0.4.3
"""
@title Trades and provides liquidity in Uniswap V3 pools, and pays whatever their callbacks ask
"""


interface Token:
    def transfer(to: address, amount: uint256) -> bool: nonpayable


interface Pool:
    def token0() -> address: view
    def token1() -> address: view
    def swap(to: address, sells0: bool, amount: int256, limit: uint160, data: Bytes[32]): nonpayable
    def mint(to: address, lower: int24, upper: int24, amount: uint128, data: Bytes[32]): nonpayable


@external
def swap(pool: address, sells0: bool, amount: int256, limit: uint160):
    extcall Pool(pool).swap(self, sells0, amount, limit, b"")


@external
def mint(pool: address, lower: int24, upper: int24, amount: uint128):
    extcall Pool(pool).mint(self, lower, upper, amount, b"")


@external
def call(pool: address, data: Bytes[256]):
    raw_call(pool, data)


@external
def uniswapV3SwapCallback(amount0: int256, amount1: int256, data: Bytes[32]):
    self._pay(Pool(msg.sender), max(amount0, 0), max(amount1, 0))


@external
def uniswapV3MintCallback(amount0: uint256, amount1: uint256, data: Bytes[32]):
    self._pay(Pool(msg.sender), convert(amount0, int256), convert(amount1, int256))


@internal
def _pay(pool: Pool, amount0: int256, amount1: int256):
    if amount0 > 0:
        extcall Token(staticcall pool.token0()).transfer(pool.address, convert(amount0, uint256))
    if amount1 > 0:
        extcall Token(staticcall pool.token1()).transfer(pool.address, convert(amount1, uint256))
