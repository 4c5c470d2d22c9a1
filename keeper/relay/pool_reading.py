"""What a reading of a pool of several tokens must be, whichever venue it is of."""

from keeper.chain import Protocol
from keeper.relay.messages import PoolReading
from keeper.relay.pool_state import StateContradiction

PROTOCOLS = frozenset(
    {
        Protocol.CURVE_STABLESWAP,
        Protocol.CURVE_STABLESWAP_NG,
        Protocol.BALANCER_V2_WEIGHTED,
        Protocol.BALANCER_V2_STABLE,
    }
)
MAX_TOKENS = 8
ROUNDINGS = 3


def check(reading: PoolReading) -> None:
    """Raise `StateContradiction` unless the reading has the form of its protocol.

    Whether its numbers can be a pool's state is for the venue's own arithmetic to say.
    """
    tokens = {holding.token for holding in reading.tokens}
    for holds, what in (
        (reading.protocol in PROTOCOLS, "its protocol's state is sent in snapshots"),
        (2 <= len(reading.tokens) <= MAX_TOKENS, f"it has {len(reading.tokens)} tokens"),
        (len(tokens) == len(reading.tokens), "a token appears twice"),
        (reading.rounding < ROUNDINGS, f"no pool rounds in way {reading.rounding}"),
        (reading.push <= 1, "its way of paying is unknown"),
    ):
        if not holds:
            raise StateContradiction(
                f"pool 0x{reading.pool.hex()}: {what}; wait for its next reading"
            )
