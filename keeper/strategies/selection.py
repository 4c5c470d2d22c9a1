"""The choice among opportunities that want the same pools."""

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass

from keeper.chain import Address
from keeper.strategies.base import net_usd
from keeper.strategies.opportunity import Opportunity
from keeper.strategies.reasons import Reason


@dataclass(frozen=True, slots=True)
class Selection:
    """Opportunities that share no pool, best first, and those passed over for it."""

    chosen: tuple[Opportunity, ...]
    passed_over: tuple[Opportunity, ...]

    @property
    def rejections(self) -> Counter[Reason]:
        """How many were passed over."""
        count = len(self.passed_over)
        return Counter({Reason.POOL_RESERVED: count} if count else {})


def select(opportunities: Iterable[Opportunity], reserved_pools: Set[Address]) -> Selection:
    """Take the best net profit first, then what shares no pool with it or with `reserved_pools`."""
    taken = set(reserved_pools)
    chosen: list[Opportunity] = []
    passed_over: list[Opportunity] = []
    for opportunity in sorted(opportunities, key=_rank):
        pools = {leg.pool for leg in opportunity.legs}
        if pools & taken:
            passed_over.append(opportunity)
            continue
        taken |= pools
        chosen.append(opportunity)
    return Selection(tuple(chosen), tuple(passed_over))


def _rank(opportunity: Opportunity) -> tuple[float, tuple[bytes, ...]]:
    """Best net first; equal ones in the order of their pools, so that replays agree."""
    return -net_usd(opportunity), tuple(leg.pool for leg in opportunity.legs)
