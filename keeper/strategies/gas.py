"""What gas costs now, in USD by the market's own prices."""

from keeper.chain import Address
from keeper.gas_table import GasTable
from keeper.market.view import MarketView
from keeper.strategies.base import GasQuote


def gas_quote(
    view: MarketView, price_wei: int, native_token: Address, table: GasTable
) -> GasQuote | None:
    """Gas at `price_wei`, valued by the market's own price of the wrapped native token.

    None when the market does not price it: then nothing can be said to be profitable.
    """
    usd_per_wei = view.usd_per_raw.get(native_token)
    return None if usd_per_wei is None else GasQuote(price_wei, usd_per_wei, table)
