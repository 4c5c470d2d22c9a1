"""Ids: the same on a rerun from the same state, and of one chain instance, block and program."""

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_markets import TOKENS, random_view

from keeper.chain import Address, ChainInstance
from keeper.execution.financing import Financed
from keeper.execution.identity import opportunity_id
from keeper.execution.nonces import NonceOwner
from keeper.execution.submitter import SubmissionPolicy, Submitter
from keeper.gas_table import ETHEREUM
from keeper.strategies import registry
from keeper.strategies.base import GasQuote, StrategySettings
from keeper.strategies.opportunity import Opportunity

GAS = GasQuote(30 * 10**9, 0.5e-18, ETHEREUM)
SETTINGS = StrategySettings((TOKENS[0], TOKENS[1]))
INSTANCES = st.builds(
    ChainInstance, st.integers(1, 2**64), st.binary(min_size=32, max_size=32), st.text(max_size=80)
)
HASHES = st.binary(min_size=32, max_size=32)


def decided(seed: int) -> list[tuple[Opportunity, Financed]]:
    """A keeper's decisions on a random market, made by rooms that know nothing of another run."""
    view = random_view(seed, 8, 3)
    found = [
        opportunity
        for strategy in registry.create(("simple", "triangular"), SETTINGS)
        for opportunity in strategy.evaluate(view, GAS).opportunities
    ]
    submitter = Submitter(
        node=None,  # type: ignore[arg-type]
        store=None,  # type: ignore[arg-type]
        signer=None,  # type: ignore[arg-type]
        nonces=NonceOwner(0),
        instance=ChainInstance(137, bytes(32), "live"),
        policy=SubmissionPolicy(Address(b"\x7f" * 20), 25 * 10**9, 30, 3, 0.01),
    )
    pairs = [(each, submitter.prepare(each, None, {})) for each in found]
    return [(each, made) for each, made in pairs if isinstance(made, Financed)]


def a_decision(seed: int) -> Financed:
    found = decided(seed)
    assume(found)
    return found[0][1]


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), instance=INSTANCES)
def test_rerun_from_the_same_state__gives_the_same_ids(seed: int, instance: ChainInstance) -> None:
    first, again = decided(seed), decided(seed)
    assume(first)
    ids = [
        [opportunity_id(instance, each) for pair in run for each in pair] for run in (first, again)
    ]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == len(ids[0])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 7), instance=INSTANCES, other=INSTANCES, data=st.data())
def test_any_other_instance_block_or_byte__gives_another_id(
    seed: int, instance: ChainInstance, other: ChainInstance, data: st.DataObject
) -> None:
    assume(instance != other)
    financed = a_decision(seed)
    block, program = financed.opportunity.block, financed.program
    elsewhere = data.draw(HASHES.filter(lambda drawn: drawn != block.hash))
    place = data.draw(st.integers(0, len(program) - 1))
    flipped = bytearray(program)
    flipped[place] ^= data.draw(st.integers(1, 255))
    on_another_block = replace(financed.opportunity, block=replace(block, hash=elsewhere))
    ids = {
        opportunity_id(instance, financed),
        opportunity_id(other, financed),
        opportunity_id(instance, replace(financed, opportunity=on_another_block)),
        opportunity_id(instance, replace(financed, program=bytes(flipped))),
        opportunity_id(instance, financed.opportunity),
    }
    assert len(ids) == 5


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 7), instance=INSTANCES, late=st.integers(1, 2**60))
def test_when_it_was_found__is_no_part_of_it(seed: int, instance: ChainInstance, late: int) -> None:
    financed = a_decision(seed)
    later = replace(
        financed.opportunity,
        frame_ns=late,
        applied_ns=late + 1,
        sized_ns=late + 2,
        exact_ns=late + 3,
    )
    same = replace(financed, opportunity=later)
    assert opportunity_id(instance, same) == opportunity_id(instance, financed)
    assert opportunity_id(instance, later) == opportunity_id(instance, financed.opportunity)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 7), instance=INSTANCES, data=st.data())
def test_without_a_program__any_other_swap_gives_another_id(
    seed: int, instance: ChainInstance, data: st.DataObject
) -> None:
    opportunity = a_decision(seed).opportunity
    place = data.draw(st.integers(0, len(opportunity.legs) - 1))
    leg = opportunity.legs[place]
    changed = data.draw(
        st.sampled_from(
            (
                replace(leg, pool=Address(b"\x01" * 20)),
                replace(leg, token_out=Address(b"\x01" * 20)),
                replace(leg, amount_in_raw=leg.amount_in_raw + 1),
                replace(leg, amount_out_raw=leg.amount_out_raw + 1),
            )
        )
    )
    legs = (*opportunity.legs[:place], changed, *opportunity.legs[place + 1 :])
    other = replace(opportunity, legs=legs)
    assert opportunity_id(instance, other) != opportunity_id(instance, opportunity)
