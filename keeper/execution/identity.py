"""Ids under which a rerun on the same block recognises what it has recorded already."""

from uuid import UUID, uuid5

from keeper.chain import ChainInstance
from keeper.execution.financing import Financed
from keeper.strategies.opportunity import Leg, Opportunity

OPPORTUNITY_NAMESPACE = UUID("5b0f6f0e-0e86-5d0c-9b57-3c1b9a9f4a51")
"""Names of opportunities are unique by chain instance, block hash and what would run."""


def opportunity_id(instance: ChainInstance, found: Opportunity | Financed) -> UUID:
    """The id of an opportunity: by its program where it has one, else by its swaps.

    The program is the one that risk was asked about. What is sent demands another minimum profit,
    which comes of a simulation at whatever head there is then, and goes by the same id.
    """
    opportunity = found.opportunity if isinstance(found, Financed) else found
    content = found.program.hex() if isinstance(found, Financed) else _swaps(found)
    return uuid5(OPPORTUNITY_NAMESPACE, f"{instance.key}:{opportunity.block.hash.hex()}:{content}")


def _swaps(opportunity: Opportunity) -> str:
    """The profit token and the swaps, which no program's digits can equal."""
    return "-".join((opportunity.profit_token.hex(), *map(_swap, opportunity.legs)))


def _swap(leg: Leg) -> str:
    places = (leg.pool, leg.terms.pool_id, leg.token_in, leg.token_out)
    amounts = (leg.amount_in_raw, leg.amount_out_raw)
    return "-".join((*(place.hex() for place in places), *map(str, amounts)))
