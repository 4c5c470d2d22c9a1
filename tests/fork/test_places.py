"""What the keeper relies on stands where Polygon has it."""

import pytest
from eth_utils.crypto import keccak
from fork_addresses import (
    AAVE_POOL,
    AAVE_PROVIDER,
    CONTRACTS,
    QUICKSWAP_USDC_E_WETH,
    QUICKSWAP_V2_FACTORY,
    QUICKSWAP_WPOL_USDC_E,
    UNISWAP_V3_FACTORY,
    USDC_E,
    V2_INIT_CODE_HASH,
    V3_INIT_CODE_HASH,
    V3_WPOL_USDC_E,
    V3_WPOL_WETH,
    WETH,
    WPOL,
)
from fork_market import V3_FEE_PIPS, Market

from keeper.chain import Address
from replica.abi import create2_address

POLYGON = 137


def test_chain_is_polygon(market: Market) -> None:
    assert market.provider.chain_id == POLYGON


@pytest.mark.parametrize("name", CONTRACTS)
def test_contract_stands(market: Market, name: str) -> None:
    where = "0x" + CONTRACTS[name].hex()
    assert market.provider.make_request("eth_getCode", [where, "latest"]) != "0x"


@pytest.mark.parametrize(
    ("pair", "token0", "token1"),
    [(QUICKSWAP_WPOL_USDC_E, WPOL, USDC_E), (QUICKSWAP_USDC_E_WETH, USDC_E, WETH)],
)
def test_pair_derives_as_its_factory_says(
    market: Market, pair: Address, token0: Address, token1: Address
) -> None:
    found = market.ask_address(QUICKSWAP_V2_FACTORY, "getPair(address,address)", token0, token1)
    assert found == pair
    salt = keccak(token0 + token1)
    assert create2_address(QUICKSWAP_V2_FACTORY, salt, V2_INIT_CODE_HASH) == pair


@pytest.mark.parametrize(
    ("pool", "token0", "token1"), [(V3_WPOL_USDC_E, WPOL, USDC_E), (V3_WPOL_WETH, WPOL, WETH)]
)
def test_pool_derives_as_its_factory_says(
    market: Market, pool: Address, token0: Address, token1: Address
) -> None:
    signature = "getPool(address,address,uint24)"
    found = market.ask_address(UNISWAP_V3_FACTORY, signature, token0, token1, V3_FEE_PIPS)
    assert found == pool
    salt = keccak(
        b"".join(part.rjust(32, b"\0") for part in (token0, token1))
        + V3_FEE_PIPS.to_bytes(32, "big")
    )
    assert create2_address(UNISWAP_V3_FACTORY, salt, V3_INIT_CODE_HASH) == pool


def test_aave_names_its_pool(market: Market) -> None:
    assert market.ask_address(AAVE_PROVIDER, "getPool()") == AAVE_POOL
