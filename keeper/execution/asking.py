"""What is paid less where pools ask for no more than they need."""

from collections.abc import Mapping, Sequence

from keeper.chain import Address
from keeper.market.venues.base import VenueState
from keeper.strategies.opportunity import Leg


def saved_raw(asking: Sequence[Leg], states: Mapping[Address, VenueState]) -> int:
    """Raw units that the first pool asks for less than its leg says, exact on these states.

    `asking` are the legs from the route's start on whose pools ask (see `program.asking_legs`): the
    last of them gives exactly what its leg does, for which rounding may leave it less to ask. 0
    where there are none, or a state is not known.
    """
    if not asking or any(leg.pool not in states for leg in asking):
        return 0
    wanted = asking[-1].amount_out_raw
    for leg in reversed(asking):
        state = states[leg.pool]
        found = state.quote(zero_for_one=leg.zero_for_one, amount=wanted, exact_in=False)
        if found.refusal is not None:
            return 0
        wanted = found.amount_in
    return asking[0].amount_in_raw - wanted
