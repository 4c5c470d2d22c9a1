"""What strategies hand on: an opportunity in exact integers."""

from dataclasses import dataclass

from keeper.chain import NO_TERMS, Address, BlockRef, Protocol, SwapTerms


@dataclass(frozen=True, slots=True)
class Leg:
    """One exact-input swap of a route; raw amounts, equal to the contract's to the wei."""

    pool: Address
    protocol: Protocol
    zero_for_one: bool
    token_in: Address
    token_out: Address
    amount_in_raw: int
    amount_out_raw: int
    terms: SwapTerms = NO_TERMS


@dataclass(frozen=True, slots=True)
class Opportunity:
    """A cycle through `legs` that starts and ends in `profit_token`, valid at the end of `block`.

    The legs form a chain: each leg's input is its predecessor's whole output.
    `profit_raw` is the last leg's output less the first leg's input, before gas.
    `profit_usd` values it with the market's own prices, `confidence` lies in [0, 1].
    `frame_ns` is when the last frame it rests on arrived, `applied_ns` when the block was whole,
    `sized_ns` when the float search chose a size, `exact_ns` when integers confirmed it (all
    `time.time_ns`).
    """

    strategy: str
    block: BlockRef
    legs: tuple[Leg, ...]
    profit_token: Address
    profit_raw: int
    profit_usd: float
    gas_estimate: int
    gas_cost_usd: float
    confidence: float
    frame_ns: int
    applied_ns: int
    sized_ns: int
    exact_ns: int

    @property
    def amount_in_raw(self) -> int:
        """Raw units of `profit_token` that the first leg takes in."""
        return self.legs[0].amount_in_raw
