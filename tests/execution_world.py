"""Execution at work on a bare anvil that mines on request: what its rooms' tests share."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from eth_account import Account
from eth_account.signers.local import LocalAccount

from keeper.chain import Address, BlockRef, ChainInstance, Protocol
from keeper.execution.financing import Financed
from keeper.execution.funds import Funds
from keeper.execution.intent import Intent, Outcome
from keeper.execution.nonces import NonceOwner
from keeper.execution.outcomes import TRANSFER_TOPIC, Prices
from keeper.execution.signing import Fees, SignedTransaction, Signer
from keeper.execution.store import Stamps, StoreUnavailableError
from keeper.execution.submitter import Refusal, Submission, SubmissionPolicy, Submitter
from keeper.execution.tracker import Settlement, Tracker
from keeper.market.flash_sources import Lenders
from keeper.node import Node, Policy
from keeper.node.connections import Heads
from keeper.node.endpoints import Endpoints
from keeper.node.http import HttpTransport
from keeper.strategies.opportunity import Leg, Opportunity
from replica.anvil import CHAIN_ID, Anvil

NATIVE = Address(b"\x20" * 20)
OTHER_TOKEN = Address(b"\x30" * 20)
POOL = Address(b"\xaa" * 20)
GWEI = 10**9
REVERTS = bytes.fromhex("5f5ffd")
PREDICTED_RAW = 5 * 10**18


def pays(amount: int) -> bytes:
    """Code of a token that is its own executor: each call logs a transfer from a pool to it."""
    topics = bytes([0x30, 0x73]) + POOL + b"\x7f" + TRANSFER_TOPIC
    return (
        b"\x7f" + amount.to_bytes(32) + bytes.fromhex("5f52") + topics + bytes.fromhex("60205fa3")
    )


class MemoryStore:
    """An `IntentStore` for one run; while not `available` it promises nothing."""

    def __init__(self) -> None:
        self.available = True
        self.intents: dict[UUID, Intent] = {}
        self.broadcast: set[UUID] = set()
        self.outcomes: list[Outcome] = []
        self.stamps: dict[UUID, Stamps] = {}

    def _require(self) -> None:
        if not self.available:
            raise StoreUnavailableError("the store is away")

    async def commit(self, financed: Financed, intent: Intent, stamps: Stamps) -> bool:
        self._require()
        assert financed.opportunity.profit_token == intent.profit_token
        if any(known.opportunity_id == intent.opportunity_id for known in self.intents.values()):
            return False
        self.intents[intent.id] = intent
        self.stamps[intent.id] = dict(stamps)
        return True

    async def mark_broadcast(self, intent_id: UUID, stamps: Stamps) -> None:
        self._require()
        self.broadcast.add(intent_id)
        self.stamps[intent_id] = dict(stamps)

    async def record_outcome(self, outcome: Outcome, stamps: Stamps) -> None:
        self._require()
        self.outcomes.append(outcome)
        self.stamps[outcome.intent_id] = dict(stamps)


@dataclass
class Lab:
    """One key, one executor, one store, and a chain that moves only by `mine`."""

    anvil: Anvil
    node: Node
    account: LocalAccount
    instance: ChainInstance
    executor: Address
    store: MemoryStore = field(default_factory=MemoryStore)
    prices: Prices = field(default_factory=Prices)

    def __post_init__(self) -> None:
        self.signer = Signer(self.account, CHAIN_ID)
        self.nonces = NonceOwner(0)
        self.tracker = Tracker(self.node, self.store, self.prices, NATIVE)
        self.submitter = self.new_submitter(self.node)
        self.prices.update({NATIVE: 0.5e-18, self.executor: 1e-18})

    def new_submitter(self, node: Node) -> Submitter:
        return Submitter(
            node=node,
            store=self.store,
            signer=self.signer,
            nonces=self.nonces,
            instance=self.instance,
            policy=SubmissionPolicy(self.executor, 30 * GWEI, 50, 2, 0.01),
        )

    def new_funds(self, node: Node) -> Funds:
        """Of a chain where nobody lends."""
        return Funds(node, Lenders(), self.executor, (self.executor,))

    async def submit(
        self, wanted: Opportunity, submitter: Submitter | None = None
    ) -> Submission | Refusal:
        """Submit an opportunity on its own pools' flash swap: of others nothing is known."""
        submitter = submitter or self.submitter
        financed = submitter.prepare(wanted, None, {})
        assert isinstance(financed, Financed), financed
        return await submitter.submit(financed)

    def mine(self, blocks: int = 1) -> None:
        self.anvil.rpc("anvil_mine", [hex(blocks)])

    def set_code(self, code: bytes) -> None:
        self.anvil.rpc("anvil_setCode", [self.executor, code])

    async def head(self) -> BlockRef:
        return await self.node.block("latest")

    async def opportunity(self, number: int = 0, **changes: object) -> Opportunity:
        return opportunity(await self.head(), self.executor, number, **changes)

    async def submitted(self, number: int = 0) -> Submission:
        """A submission whose transaction is in the node's pool, followed by the tracker."""
        submission = await self.submit(await self.opportunity(number))
        assert isinstance(submission, Submission), submission
        head = await self.head()
        self.tracker.follow(submission.intent, submission.stamps, head.number)
        return submission

    async def settle(self) -> list[Settlement]:
        return [settlement async for settlement in self.tracker.settle(await self.head())]

    def sign(self, nonce: int, fees: Fees, to: Address = POOL) -> SignedTransaction:
        """A transaction of the same account that is not the keeper's."""
        return self.signer.sign_call(to, b"", nonce=nonce, gas_limit=30_000, fees=fees)

    async def pooled(self, tx_hash: bytes) -> bool:
        """Whether the node holds the transaction, mined or not."""
        return await self.node.transaction(tx_hash) is not None


def opportunity(block: BlockRef, token: Address, number: int = 0, **changes: object) -> Opportunity:
    """A cycle of two Uniswap V2 pairs, other ones for each `number`."""
    pools = [Address((2 * number + n + 1).to_bytes(20)) for n in range(2)]
    amounts = (10**20, 3 * 10**20, 10**20 + PREDICTED_RAW)
    tokens = (token, OTHER_TOKEN, token)
    legs = tuple(
        Leg(
            pool=pools[n],
            protocol=Protocol.UNISWAP_V2,
            zero_for_one=tokens[n] < tokens[n + 1],
            token_in=tokens[n],
            token_out=tokens[n + 1],
            amount_in_raw=amounts[n],
            amount_out_raw=amounts[n + 1],
        )
        for n in range(2)
    )
    fields: dict[str, object] = {
        "strategy": "simple",
        "block": block,
        "legs": legs,
        "profit_token": token,
        "profit_raw": PREDICTED_RAW,
        "profit_usd": 5.0,
        "gas_estimate": 200_000,
        "gas_cost_usd": 0.1,
        "confidence": 0.5,
        "frame_ns": 1_000,
        "applied_ns": 2_000,
        "sized_ns": 3_000,
        "exact_ns": 4_000,
    }
    return Opportunity(**(fields | changes))  # type: ignore[arg-type]


def unreachable_node() -> Node:
    """A node behind a port that nobody serves."""
    transport = HttpTransport("http://127.0.0.1:1", 1.0)
    return Node(Endpoints([transport], CHAIN_ID, Policy()), Heads())


@contextmanager
def bare_anvil() -> Iterator[Anvil]:
    """A chain without contracts."""
    anvil = Anvil(0, ["--no-mining"])
    try:
        yield anvil
    finally:
        anvil.stop()


@asynccontextmanager
async def open_lab(anvil: Anvil) -> AsyncIterator[Lab]:
    """A lab with a fresh, rich key and a fresh executor that pays what was predicted."""
    async with await Node.connect(anvil.url, expected_chain_id=CHAIN_ID) as node:
        account: LocalAccount = Account.create()
        executor = Address(bytes.fromhex(Account.create().address[2:]))
        lab = Lab(anvil, node, account, await node.chain_instance(), executor)
        anvil.rpc("anvil_setBalance", [lab.signer.address, hex(10**24)])
        lab.set_code(pays(PREDICTED_RAW))
        yield lab
