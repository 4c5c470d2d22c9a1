"""What an execution costs: gas by hop and protocol, priced in USD by the market."""

from collections.abc import Iterable

from keeper.chain import Address, Protocol
from keeper.market.view import MarketView
from keeper.strategies.base import GasQuote

BASE_GAS = 30_000
"""Transaction, calldata, access check and settlement, with the capital lent by a pool's flash swap.

Own capital costs a little less, an Aave V3 loan about 160,000 more.
"""

HOP_GAS = {Protocol.UNISWAP_V2: 55_000, Protocol.UNISWAP_V3: 78_000}
"""One swap with its two token transfers through proxies."""

OTHER_HOP_GAS = 125_000
"""As much for a venue whose swaps were not measured yet: an upper guess."""

TICK_GAS = 36_000
"""One initialised tick crossed: its five cold storage words, and the way to the next."""


def gas_quote(view: MarketView, price_wei: int, native_token: Address) -> GasQuote | None:
    """Gas at `price_wei`, valued by the market's own price of the wrapped native token.

    None when the market does not price it: then nothing can be said to be profitable.
    """
    usd_per_wei = view.usd_per_raw.get(native_token)
    return None if usd_per_wei is None else GasQuote(price_wei, usd_per_wei)


def estimate_gas(protocols: Iterable[Protocol], crossed: int = 0) -> int:
    """Gas units of a program with one hop per protocol named that crosses `crossed` ticks."""
    return (
        BASE_GAS
        + sum(HOP_GAS.get(protocol, OTHER_HOP_GAS) for protocol in protocols)
        + crossed * TICK_GAS
    )
