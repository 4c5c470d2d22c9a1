"""A typed client of one node: each answer is validated before anyone rests on it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, Self, TypeVar

from keeper.chain import LIVE_RUN, Address, BlockRef, ChainInstance
from keeper.node import answers
from keeper.node.answers import AbsentError, Log, MalformedError, Receipt, Transaction
from keeper.node.connections import Heads, transport_to
from keeper.node.endpoint import Policy
from keeper.node.endpoints import Endpoints
from keeper.node.errors import (
    BadAnswer,
    CallReverted,
    NodesDisagree,
    Rejection,
    RequestRefused,
    TransactionRejected,
)
from keeper.node.jsonrpc import MAX_ANSWER_BYTES

BlockTag = Literal["latest", "pending", "safe", "finalized"]
BlockId = int | bytes | BlockTag
Topics = Sequence[bytes | Sequence[bytes] | None]
T = TypeVar("T")

_REJECTIONS = (
    ("already known", Rejection.ALREADY_KNOWN),
    ("already imported", Rejection.ALREADY_KNOWN),
    ("known transaction", Rejection.ALREADY_KNOWN),
    ("nonce too low", Rejection.NONCE_TOO_LOW),
    ("nonce too high", Rejection.NONCE_TOO_HIGH),
    ("replacement transaction underpriced", Rejection.REPLACEMENT_UNDERPRICED),
    ("underpriced", Rejection.UNDERPRICED),
    ("max fee per gas less than block base fee", Rejection.UNDERPRICED),
    ("insufficient funds", Rejection.INSUFFICIENT_FUNDS),
)
_HALTS = ("execution reverted", "evm error", "out of gas", "invalid opcode", "invalid jump")


def _hex(raw: bytes) -> str:
    return "0x" + raw.hex()


def _block_parameter(block: BlockId) -> object:
    if isinstance(block, bytes):
        return {"blockHash": _hex(block)}  # EIP-1898
    return hex(block) if isinstance(block, int) else block


def _call_parameter(
    to: Address | None, data: bytes, sender: Address | None, **quantities: int | None
) -> dict[str, str]:
    fields = {"data": _hex(data)}
    if to is not None:
        fields["to"] = _hex(to)
    if sender is not None:
        fields["from"] = _hex(sender)
    return fields | {key: hex(value) for key, value in quantities.items() if value is not None}


def _filter_topics(topics: Topics) -> list[object]:
    return [
        topic
        if topic is None
        else _hex(topic)
        if isinstance(topic, bytes)
        else [_hex(alternative) for alternative in topic]
        for topic in topics
    ]


class Node:
    """One chain behind one JSON-RPC endpoint or several; raises only `NodeError` and its kinds.

    `block` arguments are a number, a 32-byte hash (pins the state, EIP-1898) or a tag. Of several
    endpoints what is pinned to a block, and what an account or transaction came to, is compared.
    """

    def __init__(self, endpoints: Endpoints, heads: Heads) -> None:
        self._endpoints = endpoints
        self._heads = heads
        self.chain_id = endpoints.chain_id
        self.name = endpoints.name

    @classmethod
    async def connect(
        cls,
        *urls: str,
        expected_chain_id: int,
        timeout_s: float = 5.0,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        policy: Policy = Policy(),  # noqa: B008 -- it is frozen
    ) -> Self:
        """Reach the nodes at `urls` and check their chain; `timeout_s` bounds every later call.

        One that answers is enough. Raises `WrongChain` for another chain and `NodeUnavailable` or
        `NodeTimeout` for none.
        """
        heads = Heads()
        members = [transport_to(url, timeout_s, max_answer_bytes, heads) for url in urls]
        node = cls(Endpoints(members, expected_chain_id, policy), heads)
        try:
            await node._endpoints.open()
        except BaseException:
            await node.close()
            raise
        return node

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Release the connections."""
        await self._endpoints.close()

    @property
    def dropped(self) -> dict[str, str]:
        """Endpoints that are not believed at present, and why, by name."""
        return self._endpoints.reasons

    async def head(self) -> BlockRef:
        """The head, of several endpoints the highest that a majority agrees on."""
        return await self._endpoints.head()

    async def confirm(self, block: BlockRef) -> None:
        """Raise `NodesDisagree` unless several endpoints agree that their chain holds `block`.

        A single one has nobody to be compared with.
        """
        if not self._endpoints.are_several:
            return
        found = await self.block(block.number)
        if found.hash != block.hash:
            raise NodesDisagree(
                f"{self.name} hold another block {block.number} than the one decided on"
            )

    async def wait_for_head(self, poll_s: float) -> None:
        """Return when an endpoint announces a head, else after `poll_s` if it must be asked."""
        await self._heads.wait(poll_s)

    async def chain_instance(self) -> ChainInstance:
        """Identity of the chain behind the node: chain id, hash of block 0, and its run."""
        genesis = await self.block(0)
        return ChainInstance(self.chain_id, genesis.hash, await self._run())

    async def _run(self) -> str:
        try:
            return await self._ask("anvil_metadata", answer=_instance_id)
        except RequestRefused:
            return LIVE_RUN

    async def block_number(self) -> int:
        """Height of the node's head."""
        return await self._ask(
            "eth_blockNumber", answer=lambda v: answers.quantity(v, "block number")
        )

    async def block(self, block: BlockId) -> BlockRef:
        """A block's header; raises `BlockMissing` when the node does not have it."""
        by_hash = isinstance(block, bytes)
        method = "eth_getBlockByHash" if by_hash else "eth_getBlockByNumber"
        key = _hex(block) if isinstance(block, bytes) else _block_parameter(block)

        def answer(value: object) -> BlockRef:
            if value is None:
                raise AbsentError(key)
            found = answers.block_of(value)
            if block not in {found.number, found.hash} and not isinstance(block, str):
                raise MalformedError(f"another block than {key}")
            return found

        return await self._ask(
            method, key, False, answer=answer, compared=not isinstance(block, str)
        )

    async def logs(
        self,
        block_hash: bytes,
        addresses: Sequence[Address] | None = None,
        topics: Topics = (),
    ) -> list[Log]:
        """Logs of one block in log order, all of them by `addresses` where given."""
        where = {"blockHash": _hex(block_hash)}
        return await self._logs(where, addresses, topics, block_hash)

    async def may_log(self, block_hash: bytes, topics: Iterable[bytes]) -> bool:
        """Whether a block's header admits logs with any of the topics; now and then by mistake."""
        key = _hex(block_hash)

        def answer(value: object) -> bool:
            if value is None:
                raise AbsentError(key)
            bloom = answers.bloom_of(value)
            return any(topic in bloom for topic in topics)

        return await self._ask("eth_getBlockByHash", key, False, answer=answer, compared=True)

    async def logs_between(
        self,
        first_block: int,
        last_block: int,
        addresses: Sequence[Address] | None = None,
        topics: Topics = (),
    ) -> list[Log]:
        """Logs of the blocks `first_block` to `last_block`, both included, in chain order."""
        span = {"fromBlock": hex(first_block), "toBlock": hex(last_block)}
        return await self._logs(span, addresses, topics)

    async def _logs(
        self,
        where: dict[str, str],
        addresses: Sequence[Address] | None,
        topics: Topics,
        block_hash: bytes | None = None,
    ) -> list[Log]:
        query: dict[str, object] = {**where, "topics": _filter_topics(topics)}
        if addresses is not None:
            query["address"] = [_hex(address) for address in addresses]
        allowed = None if addresses is None else set(addresses)

        def answer(value: object) -> list[Log]:
            logs = answers.logs_of(value)
            if block_hash is not None and any(log.block_hash != block_hash for log in logs):
                raise MalformedError("logs of another block")
            if any(log.removed or (allowed and log.address not in allowed) for log in logs):
                raise MalformedError("logs nobody asked for")
            return logs

        return await self._ask("eth_getLogs", query, answer=answer, compared=True)

    async def call(
        self,
        to: Address | None,
        data: bytes,
        block: BlockId = "latest",
        *,
        sender: Address | None = None,
        gas_limit: int | None = None,
        gas_price_wei: int | None = None,
        value_wei: int | None = None,
        code: Mapping[Address, bytes] | None = None,
    ) -> bytes:
        """Return data of a simulated call; raises `CallReverted` with its revert data.

        Without `to` it is what the creation code in `data` returns. `code` stands in the place of
        those accounts' own for this call; not every node offers that.
        """
        parameter = _call_parameter(
            to, data, sender, gas=gas_limit, gasPrice=gas_price_wei, value=value_wei
        )
        return await self._simulate(
            "eth_call",
            parameter,
            block,
            lambda v: answers.data_of(v, "return data"),
            overrides={_hex(where): {"code": _hex(held)} for where, held in (code or {}).items()},
        )

    async def estimate_gas(
        self,
        to: Address | None,
        data: bytes,
        *,
        sender: Address | None = None,
        gas_price_wei: int | None = None,
        value_wei: int | None = None,
        block: BlockId = "latest",
    ) -> int:
        """Gas units that the transaction needs; raises `CallReverted` where it would revert."""
        parameter = _call_parameter(to, data, sender, gasPrice=gas_price_wei, value=value_wei)
        return await self._simulate(
            "eth_estimateGas", parameter, block, lambda v: answers.quantity(v, "gas estimate")
        )

    async def _simulate(
        self,
        method: str,
        parameter: dict[str, str],
        block: BlockId,
        answer: Callable[[object], T],
        overrides: Mapping[str, Mapping[str, str]] | None = None,
    ) -> T:
        pinned = not isinstance(block, str)
        params = (parameter, _block_parameter(block), *((overrides,) if overrides else ()))
        try:
            return await self._ask(method, *params, answer=answer, compared=pinned)
        except RequestRefused as error:
            if error.code != 3 and not error.detail.lower().startswith(_HALTS):
                raise
            raise CallReverted(str(error), _revert_data(error)) from None

    async def send_raw_transaction(self, raw: bytes) -> bytes:
        """Broadcast a signed transaction and return its hash.

        Raises `TransactionRejected` with the node's reason. After `NodeTimeout` or
        `NodeUnavailable` the outcome is unknown: the node may hold the transaction.
        """
        try:
            return await self._ask(
                "eth_sendRawTransaction",
                _hex(raw),
                answer=lambda v: answers.data_of(v, "transaction hash", 32),
            )
        except RequestRefused as error:
            detail = error.detail.lower()
            reason = next((kind for text, kind in _REJECTIONS if text in detail), Rejection.OTHER)
            raise TransactionRejected(str(error), reason) from None

    async def receipt(self, tx_hash: bytes) -> Receipt | None:
        """The receipt of a mined transaction, None while it is not mined."""

        def answer(value: object) -> Receipt | None:
            found = None if value is None else answers.receipt_of(value)
            if found is not None and found.transaction_hash != tx_hash:
                raise MalformedError("another transaction's receipt")
            return found

        method = "eth_getTransactionReceipt"
        return await self._ask(method, _hex(tx_hash), answer=answer, compared=True)

    async def transaction(self, tx_hash: bytes) -> Transaction | None:
        """The transaction, pending or mined, None when the node does not know it."""

        def answer(value: object) -> Transaction | None:
            found = None if value is None else answers.transaction_of(value)
            if found is not None and found.hash != tx_hash:
                raise MalformedError("another transaction")
            return found

        return await self._ask("eth_getTransactionByHash", _hex(tx_hash), answer=answer)

    async def transaction_count(self, address: Address, block: BlockId = "latest") -> int:
        """The account's next nonce as of `block`."""
        return await self._ask(
            "eth_getTransactionCount",
            _hex(address),
            _block_parameter(block),
            answer=lambda v: answers.quantity(v, "transaction count"),
            compared=True,
        )

    async def balance(self, address: Address, block: BlockId = "latest") -> int:
        """Native balance in wei as of `block`."""
        return await self._ask(
            "eth_getBalance",
            _hex(address),
            _block_parameter(block),
            answer=lambda v: answers.quantity(v, "balance", 256),
            compared=not isinstance(block, str),
        )

    async def code(self, address: Address, block: BlockId = "latest") -> bytes:
        """Runtime code at `address` as of `block`, empty where there is none."""
        return await self._ask(
            "eth_getCode",
            _hex(address),
            _block_parameter(block),
            answer=lambda v: answers.data_of(v, "code"),
            compared=not isinstance(block, str),
        )

    async def _ask(
        self,
        method: str,
        *params: object,
        answer: Callable[[object], T],
        compared: bool = False,
    ) -> T:
        return await self._endpoints.ask(method, params, answer, compared=compared)


def _instance_id(value: object) -> str:
    identity = value.get("instanceId") if isinstance(value, dict) else None
    return answers.data_of(identity, "instance id", 32).hex()


def _revert_data(error: RequestRefused) -> bytes:
    try:
        return answers.data_of(error.data or "0x", "revert data")
    except MalformedError:
        raise BadAnswer(f"{error}; its revert data is not hexadecimal; use another node") from None
