"""What strategies hand on: an opportunity in exact integers."""

from dataclasses import dataclass
from itertools import pairwise

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
    """Swaps that leave more of `profit_token` than they take, valid at the end of `block`.

    The legs form a chain from the profit token to itself, each taking its predecessor's whole
    output, or a basket: then they stand in an order in which they can run, and of every other token
    they make at least as much as they take. `profit_raw` is what they make of the profit token
    beyond what they take, before gas.
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
    def is_chain(self) -> bool:
        """Whether each leg takes its predecessor's whole output; else the legs are a basket."""
        return self.legs[0].token_in == self.legs[-1].token_out == self.profit_token and all(
            leg.token_out == after.token_in and leg.amount_out_raw == after.amount_in_raw
            for leg, after in pairwise(self.legs)
        )

    @property
    def amount_in_raw(self) -> int:
        """Raw units of `profit_token` that a chain's first leg, or all of a basket's, take in."""
        if self.is_chain:
            return self.legs[0].amount_in_raw
        return sum(leg.amount_in_raw for leg in self.legs if leg.token_in == self.profit_token)

    @property
    def loans(self) -> dict[Address, int]:
        """Raw units of other tokens that legs take before other legs make them."""
        held: dict[Address, int] = {}
        least: dict[Address, int] = {}
        for leg in self.legs:
            held[leg.token_in] = held.get(leg.token_in, 0) - leg.amount_in_raw
            least[leg.token_in] = min(least.get(leg.token_in, 0), held[leg.token_in])
            held[leg.token_out] = held.get(leg.token_out, 0) + leg.amount_out_raw
        return {
            token: -low for token, low in least.items() if low < 0 and token != self.profit_token
        }
