"""A pool of several tokens as it was last read: what stays of its message."""

from typing import NamedTuple

from keeper.market.keys import keys_of
from keeper.market.venues.pairs import TokenPool
from keeper.market.venues.registry import freeze_reading
from keeper.market.view import PoolKey
from keeper.relay import pool_reading
from keeper.relay.messages import Origin, PoolReading


class Reading(NamedTuple):
    """The pool's frozen exact state, the keys of its slots, and the message that said so.

    `form` is all that the message said but numbers: another of the same form has the same keys.
    """

    pool: TokenPool
    keys: tuple[PoolKey, ...]
    origin: Origin
    form: tuple[object, ...]


def take(message: PoolReading, before: Reading | None) -> Reading:
    """What a message says; `before` is what the pool's last one said.

    Raises:
        PoolExcluded: the state is not one that the venue's adapter can quote.
        StateContradiction: the message is not one that its protocol's pools have.
    """
    form = _form(message)
    if before is not None and before.form == form:
        return Reading(freeze_reading(message), before.keys, message.origin, form)
    pool_reading.check(message)
    return Reading(freeze_reading(message), keys_of(message), message.origin, form)


def _form(message: PoolReading) -> tuple[object, ...]:
    tokens = [(held.token, held.decimals) for held in message.tokens]
    first = (message.pool, message.protocol, message.factory, message.pool_id)
    return (*first, message.rounding, message.push, tokens)
