"""A pool of several tokens as it was last read: what stays of its message."""

from typing import NamedTuple

from keeper.market.keys import keys_of
from keeper.market.venues.pairs import TokenPool
from keeper.market.venues.registry import freeze_reading
from keeper.market.view import PoolKey
from keeper.relay import pool_reading
from keeper.relay.messages import Origin, PoolReading


class Reading(NamedTuple):
    """The pool's frozen exact state, the keys of its slots, and the message that said so."""

    pool: TokenPool
    keys: tuple[PoolKey, ...]
    origin: Origin


def take(message: PoolReading) -> Reading:
    """What a message says.

    Raises:
        PoolExcluded: the state is not one that the venue's adapter can quote.
        StateContradiction: the message is not one that its protocol's pools have.
    """
    pool_reading.check(message)
    return Reading(freeze_reading(message), keys_of(message), message.origin)
