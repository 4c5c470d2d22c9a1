"""What the issue of gas is judged by: the overhead over the floor, and its bound."""

from collections.abc import Iterator

from bench.gas.cells import Cell

BASE_GAS = {"WPOL": 4_500, "USDC.e": 6_500}
HOP_GAS = 600
LISTED_GAS = 3_500
"""More than the bound that may remain where both have their best list, on Polygon."""


def bound(symbol: str, hops: int) -> int:
    """Gas over the floor that a route may cost with everything on."""
    return BASE_GAS[symbol] + HOP_GAS * hops


def loan_bound(symbol: str, hops: int, empty: int) -> int:
    """The same where the capital is lent: that, and the whole of the same loan around nothing.

    `empty` is a transaction of a plain receiver that borrows the capital and gives it back: what
    the lender pulls is approved once for all, a pair and a Uniswap V3 pool are paid their fees.
    """
    return bound(symbol, hops) + empty


def rows(title: str, symbol: str, cells: dict[str, Cell]) -> Iterator[str]:
    """Lines of a table of one family's routes; the rivals are given as multiples of the floor."""
    yield f"{title}, profit in {symbol}"
    yield (
        "hops |   floor    ours    over   bound      | polygon, listed: floor    ours    over"
        "   bound      | router02 swaprouter02 universal    aave balancer  morpho reference"
    )
    for hops, cell in cells.items():
        limit = bound(symbol, int(hops))
        plain = _overhead(cell["floor"], cell["ours"], limit)
        listed = _overhead(cell["floor_polygon_al"], cell["ours_polygon_al"], limit + LISTED_GAS)
        names = ("router02", "swaprouter02", "universal", "aave", "balancer", "morpho", "reference")
        rivals = " ".join(f"{_ratio(cell[name], cell['floor']):>8}" for name in names)
        yield f"{hops:>4} | {plain} | {listed} | {rivals}"


def _overhead(floor: int | None, ours: int | None, limit: int) -> str:
    if floor is None or ours is None:
        return "cannot run"
    verdict = "pass" if ours - floor <= limit else "FAIL"
    return f"{floor:>7} {ours:>7} {ours - floor:>7} {limit:>7} {verdict}"


def _ratio(gas: int | None, floor: int | None) -> str:
    return "-" if gas is None or not floor else f"{gas / floor:.3f}"
