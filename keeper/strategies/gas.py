"""What an execution costs: gas by hop and protocol, priced in USD by the market."""

from collections.abc import Iterable

from keeper.chain import Address, Protocol
from keeper.market.view import MarketView
from keeper.strategies.base import GasQuote

BASE_GAS = 60_000
"""Transaction, calldata, access check, settlement."""

HOP_GAS = {Protocol.UNISWAP_V2: 75_000, Protocol.UNISWAP_V3: 110_000}
"""One swap with its two token transfers through proxies; ticks crossed come on top."""


def gas_quote(view: MarketView, price_wei: int, native_token: Address) -> GasQuote | None:
    """Gas at `price_wei`, valued by the market's own price of the wrapped native token.

    None when the market does not price it: then nothing can be said to be profitable.
    """
    usd_per_wei = view.usd_per_raw.get(native_token)
    return None if usd_per_wei is None else GasQuote(price_wei, usd_per_wei)


def estimate_gas(protocols: Iterable[Protocol]) -> int:
    """Gas units of a program with one hop per protocol named."""
    return BASE_GAS + sum(HOP_GAS[protocol] for protocol in protocols)
