"""From an opportunity to a broadcast: finance, encode, simulate at head, sign, commit, send."""

import asyncio
import logging
import math
import time
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TypedDict
from uuid import UUID, uuid5

from keeper.chain import Address, ChainInstance
from keeper.execution.asking import saved_raw
from keeper.execution.directory import NO_DIRECTORY, Directory
from keeper.execution.financing import Financed, Source, Unfunded, finance, is_short_chain
from keeper.execution.identity import opportunity_id
from keeper.execution.intent import Intent
from keeper.execution.nonces import NonceOwner
from keeper.execution.program import (
    Funding,
    LendingPool,
    ProgramError,
    asking_legs,
    encode_basket,
    encode_program,
)
from keeper.execution.signing import Fees, SignedTransaction, Signer
from keeper.execution.store import IntentStore, StoreUnavailableError
from keeper.gas_table import table_of
from keeper.market.flash_sources import Liquidity
from keeper.market.venues.base import VenueState
from keeper.node import CallReverted, Node, NodeError, TransactionRejected
from keeper.strategies.opportunity import Opportunity
from keeper.strategies.reasons import Reason

logger = logging.getLogger(__name__)

GAS_LIMIT_MARGIN_PERCENT = 25
"""Above the simulation: a trade before ours may warm less, cross a tick more, or age an oracle."""


@dataclass(frozen=True, slots=True)
class SubmissionPolicy:
    """Which executor runs programs, how the keeper bids and how long a program stays valid."""

    executor: Address
    tip_wei: int
    base_fee_headroom_percent: int
    deadline_blocks: int
    min_net_profit_usd: float
    directory: Directory = NO_DIRECTORY
    """Of the executor: what cycles its programs can run at once."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A durable intent that may reach the chain, and the instants that led to it."""

    intent: Intent
    stamps: dict[str, int]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was committed, and so nothing can reach the chain."""

    reason: Reason


def _left_over(opportunity: Opportunity) -> int:
    """What the legs make of the profit token beyond what they take."""
    token = opportunity.profit_token
    made = sum(leg.amount_out_raw for leg in opportunity.legs if leg.token_out == token)
    return made - sum(leg.amount_in_raw for leg in opportunity.legs if leg.token_in == token)


class _Common(TypedDict):
    """What every program is bound to, whatever its shape."""

    funding: Funding
    lender: LendingPool | None
    max_premium_raw: int
    profit_token: Address
    min_profit_raw: int
    deadline_block: int
    max_base_fee_wei: int


class Submitter:
    """Turns opportunities into durable, broadcast intents of one executor and one key."""

    def __init__(
        self,
        *,
        node: Node,
        store: IntentStore,
        signer: Signer,
        nonces: NonceOwner,
        instance: ChainInstance,
        policy: SubmissionPolicy,
    ) -> None:
        self._node = node
        self._store = store
        self._signer = signer
        self._nonces = nonces
        self._instance = instance
        self._policy = policy

    @property
    def sender(self) -> Address:
        """The account that signs."""
        return self._signer.address

    def skip(self, nonce: int) -> None:
        """Use no nonce up to this one: durable bytes hold it, whoever learns of them late."""
        self._nonces.catch_up(nonce + 1)

    def identify(self, found: Opportunity | Financed) -> UUID:
        """The opportunity's id, see `opportunity_id`."""
        return opportunity_id(self._instance, found)

    def prepare(
        self,
        opportunity: Opportunity,
        liquidity: Liquidity | None,
        states: Mapping[Address, VenueState],
        restless: Set[Address] = frozenset(),
    ) -> Financed | Unfunded:
        """Choose the source of an opportunity's capital and encode its program.

        `liquidity` is what is known of lenders and own balances, None where nothing is; `states`
        are those of the pools: without them, a program whose pools ask may earn more than is said.
        Of `restless` tokens the executor may hold something else by now.
        """
        table = table_of(self._instance)
        saved = partial(self._saved_raw, states)
        try:
            return finance(opportunity, liquidity, self._encode, table, restless, saved=saved)
        except ProgramError as error:
            logger.warning("opportunity cannot be encoded: %s", error)
            return Unfunded(Reason.NOT_ENCODABLE, {})

    async def submit(self, financed: Financed) -> Submission | Refusal:
        """Execute an opportunity that risk has let pass.

        Doubt about node, journal or profit ends in a reason.
        """
        opportunity = financed.opportunity
        stamps = {
            "frame": opportunity.frame_ns,
            "applied": opportunity.applied_ns,
            "sized": opportunity.sized_ns,
            "exact": opportunity.exact_ns,
        }
        try:
            gas, _ = await asyncio.gather(
                self._simulate(financed.program), self._node.confirm(opportunity.block)
            )
            stamps["simulated"] = time.time_ns()
            too_little = self._judge(self._net_profit_usd(opportunity, gas))
            if too_little is not None:
                return Refusal(too_little)
            return await self._commit_and_send(financed, gas, stamps)
        except CallReverted:
            return Refusal(Reason.SIMULATION_REVERTED)
        except NodeError as error:
            logger.warning("not traded: %s", error)
            return Refusal(Reason.NODE_UNAVAILABLE)
        except StoreUnavailableError as error:
            logger.warning("not traded: %s", error)
            return Refusal(Reason.JOURNAL_UNAVAILABLE)

    def _saved_raw(
        self, states: Mapping[Address, VenueState], opportunity: Opportunity, source: Source
    ) -> int:
        """What the first pool asks for less than its leg says, where pools ask."""
        if not is_short_chain(opportunity):
            return 0
        legs, directory = opportunity.legs, self._policy.directory
        return saved_raw(asking_legs(legs, source.funding, source.held, directory), states)

    def _encode(self, opportunity: Opportunity, source: Source) -> bytes:
        """The program of an opportunity as funded from a source."""
        common = _Common(
            funding=source.funding,
            lender=source.pool,
            max_premium_raw=source.premium_raw,
            profit_token=opportunity.profit_token,
            min_profit_raw=self._min_profit_raw(opportunity),
            deadline_block=opportunity.block.number + self._policy.deadline_blocks,
            max_base_fee_wei=self._fees(opportunity).max_fee_wei - self._policy.tip_wei,
        )
        if is_short_chain(opportunity):
            directory = self._policy.directory
            return encode_program(opportunity.legs, held=source.held, directory=directory, **common)
        if _left_over(opportunity) != opportunity.profit_raw + source.premium_raw:
            raise ProgramError("the legs do not leave the profit that they are said to")
        return encode_basket(opportunity.legs, loans=opportunity.loans, **common)

    def _demanding(self, financed: Financed, gas: int) -> bytes:
        """The same program with the minimum profit that pays the gas of its simulation."""
        opportunity = financed.opportunity
        cost_usd = opportunity.gas_cost_usd * gas / opportunity.gas_estimate
        priced = replace(opportunity, gas_estimate=gas, gas_cost_usd=cost_usd)
        return self._encode(priced, financed.source)

    def _min_profit_raw(self, opportunity: Opportunity) -> int:
        """Raw profit that pays the gas at the highest fee bid: with less the program reverts."""
        max_fee_wei = self._fees(opportunity).max_fee_wei
        rise = max_fee_wei / (opportunity.block.base_fee_wei + self._policy.tip_wei)
        share = opportunity.gas_cost_usd * rise / opportunity.profit_usd
        return min(opportunity.profit_raw, math.ceil(opportunity.profit_raw * share))

    def _fees(self, opportunity: Opportunity) -> Fees:
        policy = self._policy
        return Fees.for_base_fee(
            opportunity.block.base_fee_wei, policy.tip_wei, policy.base_fee_headroom_percent
        )

    async def _simulate(self, program: bytes) -> int:
        """Run the real calldata at the head state; returns its gas."""
        return await self._node.estimate_gas(
            self._policy.executor, program, sender=self._signer.address
        )

    @staticmethod
    def _net_profit_usd(opportunity: Opportunity, gas: int) -> float:
        return opportunity.profit_usd - opportunity.gas_cost_usd * gas / opportunity.gas_estimate

    def _judge(self, net_usd: float) -> Reason | None:
        if not net_usd > 0.0:
            return Reason.BELOW_GAS
        return Reason.BELOW_MIN_PROFIT if net_usd < self._policy.min_net_profit_usd else None

    async def _commit_and_send(
        self, financed: Financed, gas: int, stamps: dict[str, int]
    ) -> Submission | Refusal:
        async with self._nonces.turn() as turn:
            signed = self._signer.sign_call(
                self._policy.executor,
                self._demanding(financed, gas),
                nonce=turn.nonce,
                gas_limit=gas * (100 + GAS_LIMIT_MARGIN_PERCENT) // 100,
                fees=self._fees(financed.opportunity),
            )
            intent = self._intent(financed, turn.nonce, signed)
            if not await self._store.commit(financed, intent, stamps):
                return Refusal(Reason.ALREADY_INTENDED)
            stamps["committed"] = time.time_ns()
            turn.spend()
            await self._broadcast(intent, stamps)
        return Submission(intent, stamps)

    def _intent(self, financed: Financed, nonce: int, signed: SignedTransaction) -> Intent:
        opportunity, identity = financed.opportunity, self.identify(financed)
        return Intent(
            id=uuid5(identity, signed.hash.hex()),
            opportunity_id=identity,
            chain_instance=self._instance.key,
            sender=self._signer.address,
            executor=self._policy.executor,
            nonce=nonce,
            tx_hash=signed.hash,
            raw_transaction=signed.raw,
            detected_at=datetime.fromtimestamp(opportunity.frame_ns / 1e9, UTC),
            block_number=opportunity.block.number,
            block_hash=opportunity.block.hash,
            deadline_block=opportunity.block.number + self._policy.deadline_blocks,
            profit_token=opportunity.profit_token,
            predicted_profit_raw=opportunity.profit_raw,
        )

    async def _broadcast(self, intent: Intent, stamps: dict[str, int]) -> None:
        """Send once; whatever the answer, the tracker re-sends until the nonce is consumed."""
        try:
            await self._node.send_raw_transaction(intent.raw_transaction)
            stamps["broadcast"] = time.time_ns()
            await self._store.mark_broadcast(intent.id, stamps)
        except (NodeError, TransactionRejected, StoreUnavailableError) as error:
            logger.warning(
                "broadcast of nonce %d is in doubt, outcome pending: %s", intent.nonce, error
            )
