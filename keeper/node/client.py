"""A typed client of one node: each answer is validated before anyone rests on it."""

from collections.abc import Callable, Sequence
from typing import Literal, Self, TypeVar

from keeper.chain import LIVE_RUN, Address, BlockRef, ChainInstance
from keeper.node import answers
from keeper.node.answers import Log, MalformedError, Receipt, Transaction
from keeper.node.errors import (
    BadAnswer,
    BlockMissing,
    CallReverted,
    Rejection,
    RequestRefused,
    TransactionRejected,
    WrongChain,
)
from keeper.node.transport import MAX_ANSWER_BYTES, Transport

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
    """One JSON-RPC endpoint of one chain; raises only `NodeError` and its kinds.

    `block` arguments are a number, a 32-byte hash (pins the state, EIP-1898) or a tag.
    """

    def __init__(self, transport: Transport, chain_id: int) -> None:
        self._transport = transport
        self.chain_id = chain_id
        self.name = transport.name

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        expected_chain_id: int,
        timeout_s: float = 5.0,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> Self:
        """Reach the node at `url` and check its chain id; `timeout_s` bounds every later call.

        Raises `WrongChain` for another chain and `NodeUnavailable` or `NodeTimeout` for none.
        """
        transport = Transport(url, timeout_s, max_answer_bytes)
        node = cls(transport, expected_chain_id)
        try:
            await node.check_chain()
        except BaseException:
            await transport.close()
            raise
        return node

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Release the connections."""
        await self._transport.close()

    async def check_chain(self) -> None:
        """Raise `WrongChain` unless the node still answers the expected chain id."""
        found = await self._ask("eth_chainId", answer=lambda v: answers.quantity(v, "chain id"))
        if found != self.chain_id:
            raise WrongChain(
                f"{self.name} serves chain {found}, expected {self.chain_id}; "
                "point the setting at the right node"
            )

    async def chain_instance(self) -> ChainInstance:
        """Identity of the chain behind the node: chain id, hash of block 0, and its run."""
        genesis = await self.block(0)
        return ChainInstance(self.chain_id, genesis.hash, await self._run())

    async def _run(self) -> str:
        try:
            metadata = await self._transport.request("anvil_metadata")
        except RequestRefused:
            return LIVE_RUN
        identity = metadata.get("instanceId") if isinstance(metadata, dict) else None
        return self._read("anvil_metadata", identity, _instance_id)

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
        value = await self._transport.request(method, key, False)
        if value is None:
            raise BlockMissing(f"{self.name} has no block {key}; wait for it or use another node")
        found = self._read(method, value, answers.block_of)
        if block not in {found.number, found.hash} and not isinstance(block, str):
            raise BadAnswer(f"{self.name} answered another block than {key}; use another node")
        return found

    async def logs(
        self,
        block_hash: bytes,
        addresses: Sequence[Address] | None = None,
        topics: Topics = (),
    ) -> list[Log]:
        """Logs of one block in log order, all of them by `addresses` where given."""
        logs = await self._logs({"blockHash": _hex(block_hash)}, addresses, topics)
        if any(log.block_hash != block_hash for log in logs):
            raise BadAnswer(f"{self.name} answered logs of another block; use another node")
        return logs

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
        self, where: dict[str, str], addresses: Sequence[Address] | None, topics: Topics
    ) -> list[Log]:
        query: dict[str, object] = {**where, "topics": _filter_topics(topics)}
        if addresses is not None:
            query["address"] = [_hex(address) for address in addresses]
        logs = await self._ask("eth_getLogs", query, answer=answers.logs_of)
        allowed = None if addresses is None else set(addresses)
        if any(log.removed or (allowed and log.address not in allowed) for log in logs):
            raise BadAnswer(f"{self.name} answered logs nobody asked for; use another node")
        return logs

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
    ) -> bytes:
        """Return data of a simulated call; raises `CallReverted` with its revert data.

        Without `to` it is what the creation code in `data` returns.
        """
        parameter = _call_parameter(
            to, data, sender, gas=gas_limit, gasPrice=gas_price_wei, value=value_wei
        )
        return await self._simulate(
            "eth_call", parameter, block, lambda v: answers.data_of(v, "return data")
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
        self, method: str, parameter: dict[str, str], block: BlockId, answer: Callable[[object], T]
    ) -> T:
        try:
            return await self._ask(method, parameter, _block_parameter(block), answer=answer)
        except RequestRefused as error:
            if error.code != 3 and not error.detail.lower().startswith(_HALTS):
                raise
            data = self._read(method, error.data or "0x", lambda v: answers.data_of(v, "revert"))
            raise CallReverted(str(error), data) from None

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
        method = "eth_getTransactionReceipt"
        found = await self._optional(method, tx_hash, answers.receipt_of)
        if found is not None and found.transaction_hash != tx_hash:
            raise BadAnswer(f"{self.name} answered another transaction's receipt; use another node")
        return found

    async def transaction(self, tx_hash: bytes) -> Transaction | None:
        """The transaction, pending or mined, None when the node does not know it."""
        method = "eth_getTransactionByHash"
        found = await self._optional(method, tx_hash, answers.transaction_of)
        if found is not None and found.hash != tx_hash:
            raise BadAnswer(f"{self.name} answered another transaction; use another node")
        return found

    async def transaction_count(self, address: Address, block: BlockId = "latest") -> int:
        """The account's next nonce as of `block`."""
        return await self._ask(
            "eth_getTransactionCount",
            _hex(address),
            _block_parameter(block),
            answer=lambda v: answers.quantity(v, "transaction count"),
        )

    async def balance(self, address: Address, block: BlockId = "latest") -> int:
        """Native balance in wei as of `block`."""
        return await self._ask(
            "eth_getBalance",
            _hex(address),
            _block_parameter(block),
            answer=lambda v: answers.quantity(v, "balance", 256),
        )

    async def code(self, address: Address, block: BlockId = "latest") -> bytes:
        """Runtime code at `address` as of `block`, empty where there is none."""
        return await self._ask(
            "eth_getCode",
            _hex(address),
            _block_parameter(block),
            answer=lambda v: answers.data_of(v, "code"),
        )

    async def max_priority_fee(self) -> int:
        """The tip in wei per gas that the node suggests."""
        return await self._ask(
            "eth_maxPriorityFeePerGas", answer=lambda v: answers.quantity(v, "tip", 128)
        )

    async def _optional(self, method: str, key: bytes, answer: Callable[[object], T]) -> T | None:
        value = await self._transport.request(method, _hex(key))
        return None if value is None else self._read(method, value, answer)

    async def _ask(self, method: str, *params: object, answer: Callable[[object], T]) -> T:
        return self._read(method, await self._transport.request(method, *params), answer)

    def _read(self, method: str, value: object, answer: Callable[[object], T]) -> T:
        try:
            return answer(value)
        except MalformedError as error:
            raise BadAnswer(
                f"{self.name} answered {method} wrongly: {error}; use another node"
            ) from None


def _instance_id(value: object) -> str:
    return answers.data_of(value, "instance id", 32).hex()
