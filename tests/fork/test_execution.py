"""Real cycles on real pools: profit to the wei, under each funding, and who may do what."""

import ape
import pytest
from ape.exceptions import ContractLogicError
from fork_addresses import WPOL
from fork_market import FUNDINGS, POL, THREE_HOPS, TREASURY, TWO_HOPS, TWO_HOPS_BACK, Hop, Market

from keeper.execution.program import Funding

ONE_GWEI = 10**9
ROUNDED = 2**50
"""More than a minimum of some POL loses to its 24 bits."""


@pytest.mark.parametrize("route", [TWO_HOPS, THREE_HOPS], ids=["two_hops", "three_hops"])
@pytest.mark.parametrize("funding", FUNDINGS)
def test_profit_is_exact(market: Market, funding: Funding, route: tuple[Hop, ...]) -> None:
    market.make_gap(per_mille=50)
    legs = market.legs(route, market.size(per_mille=5))
    cost = market.aave_premium(legs[0].amount_in_raw) if funding is Funding.AAVE_V3 else 0
    if funding is Funding.OWN_CAPITAL:
        market.fund_executor(legs[0].amount_in_raw)
    before = market.balance(WPOL, market.address)
    expected = legs[-1].amount_out_raw - market.payment(legs, funding) - cost
    market.run(market.program(legs, funding))
    assert expected > 0
    assert market.balance(WPOL, market.address) - before == expected


def test_runs_pay_for_gas(market: Market) -> None:
    market.make_gap(per_mille=50)
    legs = market.legs(TWO_HOPS, market.size(per_mille=5))
    before = market.keeper.balance
    receipt = market.run(market.program(legs, Funding.FLASH_SWAP))
    assert receipt.gas_price > ONE_GWEI
    assert before - market.keeper.balance == receipt.gas_used * receipt.gas_price


def test_loss_reverts(market: Market) -> None:
    market.make_gap(per_mille=50)
    market.fund_executor(10 * POL)
    legs = market.legs(TWO_HOPS_BACK, 10 * POL)
    with ape.reverts(market.executor.BalanceFell):
        market.run(market.program(legs, Funding.OWN_CAPITAL))
    assert market.balance(WPOL, market.address) == 10 * POL


def test_profit_below_the_minimum_reverts(market: Market) -> None:
    market.make_gap(per_mille=50)
    legs = market.legs(TWO_HOPS, market.size(per_mille=5))
    profit = legs[-1].amount_out_raw - legs[0].amount_in_raw
    with ape.reverts(market.executor.Unprofitable):
        market.run(market.program(legs, Funding.FLASH_SWAP, min_profit_raw=profit + ROUNDED))
    market.run(market.program(legs, Funding.FLASH_SWAP, min_profit_raw=profit))


def test_program_past_its_deadline_reverts(market: Market) -> None:
    market.make_gap(per_mille=50)
    legs = market.legs(TWO_HOPS, market.size(per_mille=5))
    now = ape.chain.blocks.height
    with ape.reverts(market.executor.DeadlinePassed):
        market.run(market.program(legs, Funding.FLASH_SWAP, deadline_block=now))


def test_stranger_and_owner_may_not_run(market: Market) -> None:
    market.make_gap(per_mille=50)
    program = market.program(market.legs(TWO_HOPS, market.size(per_mille=5)), Funding.FLASH_SWAP)
    for someone in (market.stranger, market.owner, market.guardian):
        with ape.reverts(market.executor.Unauthorized):
            market.run(program, someone)


def test_pause_stops_runs_until_the_owner_resumes(market: Market) -> None:
    market.make_gap(per_mille=50)
    program = market.program(market.legs(TWO_HOPS, market.size(per_mille=5)), Funding.FLASH_SWAP)
    market.executor.pause(sender=market.guardian)
    with ape.reverts(market.executor.ExecutionPaused):
        market.run(program)
    with pytest.raises(ContractLogicError):
        market.executor.unpause(sender=market.guardian)
    market.executor.unpause(sender=market.owner)
    market.run(program)


def test_only_the_owner_withdraws_and_only_to_the_treasury(market: Market) -> None:
    market.fund_executor(3 * POL)
    token = "0x" + WPOL.hex()
    for someone in (market.stranger, market.guardian, market.keeper):
        with pytest.raises(ContractLogicError):
            market.executor.withdraw(token, POL, sender=someone)
    before = market.balance(WPOL, TREASURY)
    market.executor.withdraw(token, 3 * POL, sender=market.owner)
    assert market.balance(WPOL, TREASURY) - before == 3 * POL
    assert market.balance(WPOL, market.address) == 0
