"""Each source of capital is taken where it is the cheapest that has enough, and paid to the wei.

What a source has is changed on chain and read by the keeper's own reader.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from eth_account import Account
from execution_world import MemoryStore
from prediction_world import TIP_WEI, Arena, arena

from keeper.chain import Address, Protocol
from keeper.execution.financing import Financed, PassedOver, Unfunded
from keeper.execution.funds import MAX_AGE_BLOCKS, Funds
from keeper.execution.nonces import NonceOwner
from keeper.execution.outcomes import balance_change
from keeper.execution.program import Funding
from keeper.execution.signing import Signer
from keeper.execution.submitter import SubmissionPolicy, Submitter
from keeper.market.flash_sources import Lenders
from keeper.market.view import MarketView
from keeper.strategies.opportunity import Opportunity
from keeper.strategies.reasons import Reason
from replica import Replica
from replica.abi import encode_call
from replica.deploy import WHALE
from replica.rpc import Json
from replica.trial import taken_back

SEED = 20_261_127
MARKETS = 40
LADDER = (
    Funding.UNISWAP_V4,
    Funding.MORPHO,
    Funding.BALANCER_V2,
    Funding.UNISWAP_V3,
    Funding.AAVE_V3,
)
"""Loans, the cheapest first."""
LEAST_EDGE = 0.002
"""Of the input: more than any premium here."""


class FundingArena(Arena):
    """An arena in which a source can be emptied, and where the keeper funds what it found."""

    async def prepare(
        self, opportunity: Opportunity, executor: Address, view: MarketView, blocks: int = 0
    ) -> Financed | Unfunded:
        """What the keeper makes of an opportunity, `blocks` after its last look at the lenders."""
        manifest = self._replica.manifest
        lenders = Lenders(
            uniswap_v4=manifest.contract("Uniswap V4 PoolManager"),
            morpho=manifest.contract("Morpho Blue"),
            balancer_vault=manifest.contract("Balancer Vault"),
            aave_pool=manifest.aave_pool,
        )
        tokens = tuple(token.address for token in manifest.tokens)
        funds = Funds(self._node, lenders, executor, tokens)
        head = await self._node.block("latest")
        await funds.refresh(replace(view, block=head))
        now = replace(head, number=head.number + blocks)
        submitter = Submitter(
            node=self._node,
            store=MemoryStore(),
            signer=Signer(Account.create(), manifest.chain_id),
            nonces=NonceOwner(0),
            instance=await self._node.chain_instance(),
            policy=SubmissionPolicy(executor, TIP_WEI, 10_000, 100, 0.0, self._directory),
        )
        wanted = replace(opportunity, block=now)
        return submitter.prepare(wanted, funds.at(now), view.states)

    async def earn(self, financed: Financed, executor: Address) -> None:
        """Run the program, which must earn what is predicted net of the premium."""
        receipt = await self._node.receipt(self._send(executor, financed.program))
        assert receipt is not None
        assert receipt.status == 1, financed.source
        token = financed.opportunity.profit_token
        earned = balance_change(receipt.logs, token, executor)
        assert earned == financed.opportunity.profit_raw, financed.source

    @property
    def rpc(self) -> Callable[..., Json]:
        return self._replica.rpc

    @property
    def executors(self) -> tuple[Address, Address]:
        return self._rich, self._poor

    def empty(self, funding: Funding, token: Address, legs: Sequence[object] = ()) -> None:
        """Leave one unit of a token with a lender, or with each pool that could lend it."""
        manifest = self._replica.manifest
        used = {leg.pool for leg in legs}
        holders = {
            Funding.UNISWAP_V4: [manifest.contract("Uniswap V4 PoolManager")],
            Funding.MORPHO: [manifest.contract("Morpho Blue")],
            Funding.BALANCER_V2: [manifest.contract("Balancer Vault")],
            Funding.UNISWAP_V3: [
                pool.address
                for pool in manifest.pools
                if pool.protocol is Protocol.UNISWAP_V3
                and token in (pool.token0, pool.token1)
                and pool.address not in used
            ],
        }
        for holder in holders[funding]:
            self._replica.rpc("anvil_impersonateAccount", [holder])
            self._replica.rpc("anvil_setBalance", [holder, hex(10**20)])
            amount = self._balance(token, holder) - 1
            self._send(token, encode_call("transfer(address,uint256)", WHALE, amount), holder)
            assert self._balance(token, holder) == 1


def baskets(found: Sequence[Opportunity]) -> Iterator[Opportunity]:
    """Two cycles of one profit token as one set of swaps, which no pool of its own funds."""
    for one, two in combinations(found, 2):
        profit, paid = one.profit_raw + two.profit_raw, one.amount_in_raw + two.amount_in_raw
        if one.profit_token == two.profit_token and profit > LEAST_EDGE * paid:
            yield replace(
                one,
                strategy="basket",
                legs=(*one.legs, *two.legs),
                profit_raw=profit,
                profit_usd=one.profit_usd + two.profit_usd,
                gas_estimate=one.gas_estimate + two.gas_estimate,
                gas_cost_usd=one.gas_cost_usd + two.gas_cost_usd,
            )


async def test_each_source_is_taken_where_it_is_the_cheapest_with_enough(
    chain: Replica, figures: list[str]
) -> None:
    taken: Counter[Funding] = Counter()
    async with arena(chain, SEED, FundingArena) as world:
        for _ in range(MARKETS):
            with world.market():
                view = await world.seen_by_deltas()
                found = world.choose(view)
                for chain_found in found:
                    await by_itself(world, chain_found, view, taken)
                if Funding.AAVE_V3 not in taken:
                    for basket in baskets(found):
                        await each_loan(world, basket, view, taken)
                        break
            if len(taken) == len(Funding):
                break
    assert set(taken) == set(Funding)
    figures.append("funding: " + ", ".join(f"{n} {f.value}" for f, n in taken.items()))


async def by_itself(
    world: FundingArena, found: Opportunity, view: MarketView, taken: Counter[Funding]
) -> None:
    """A cycle funds itself; where its last pool is a pair, capital at hand is cheaper."""
    protocols = [leg.protocol for leg in found.legs]
    itself = Funding.FLASH_SWAP
    if set(protocols) == {Protocol.UNISWAP_V3}:
        itself = Funding.EXACT_OUTPUT
    for executor in world.executors:
        financed = await world.prepare(found, executor, view)
        assert isinstance(financed, Financed)
        is_rich = executor == world.executors[0]
        has_pair_last = protocols[-1] is Protocol.UNISWAP_V2
        wanted = Funding.OWN_CAPITAL if is_rich and has_pair_last else itself
        assert financed.source.funding is wanted
        if wanted is not Funding.OWN_CAPITAL:
            own = PassedOver.DEARER if is_rich else PassedOver.TOO_LITTLE
            assert financed.passed_over[Funding.OWN_CAPITAL.value] is own
        assert financed.opportunity.profit_raw >= found.profit_raw
        taken[wanted] += 1
        with taken_back(world.rpc):
            await world.earn(financed, executor)


async def each_loan(
    world: FundingArena, basket: Opportunity, view: MarketView, taken: Counter[Funding]
) -> None:
    """A basket takes the cheapest loan, and the next one when that has too little left."""
    rich, poor = world.executors
    financed = await world.prepare(basket, rich, view)
    assert isinstance(financed, Financed)
    assert financed.source.funding is Funding.OWN_CAPITAL
    with taken_back(world.rpc):
        for place, funding in enumerate(LADDER):
            financed = await world.prepare(basket, poor, view)
            assert isinstance(financed, Financed), funding
            assert financed.source.funding is funding
            cost = basket.profit_raw - financed.opportunity.profit_raw
            assert cost == financed.source.premium_raw
            assert (cost > 0) is (place > 2)
            for before in LADDER[: min(place, 3)]:
                assert financed.passed_over[before.value] is PassedOver.TOO_LITTLE
            for after in LADDER[max(place + 1, 4) :]:
                assert financed.passed_over[after.value] is PassedOver.DEARER
            taken[funding] += 1
            with taken_back(world.rpc):
                await world.earn(financed, poor)
            if funding is not Funding.AAVE_V3:
                world.empty(funding, basket.profit_token, basket.legs)
        thin = replace(basket, profit_raw=1, profit_usd=basket.profit_usd / basket.profit_raw)
        unfunded = await world.prepare(thin, poor, view)
        assert isinstance(unfunded, Unfunded)
        assert unfunded.reason is Reason.NO_FUNDING
        assert unfunded.passed_over[Funding.AAVE_V3.value] is PassedOver.TOO_DEAR
    old = await world.prepare(basket, rich, view, blocks=MAX_AGE_BLOCKS + 1)
    assert isinstance(old, Unfunded)
    assert old.reason is Reason.NO_FUNDING
    assert set(old.passed_over.values()) == {PassedOver.UNREAD}
