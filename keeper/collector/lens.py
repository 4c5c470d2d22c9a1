"""Many pools' exact state in one `eth_call`: questions to `contracts/lens/PoolLens.vy`.

The lens travels with each call as creation code, so it need not be deployed and the node needs no
state overrides. Such an answer may not exceed a contract's size, which bounds a batch.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from keeper.collector import abi
from keeper.node import BadAnswer, Node

CARRIER = Path(__file__).with_name("pool_lens.bin").read_bytes()
"""Generated from the lens' source by `toolchain/gen_lens.py`."""

MAX_INIT_CODE_BYTES = 49_152
"""EIP-3860."""
MAX_WORDS = 760
"""Of an answer: with its two words of ABI it stays below a contract's 24,576 bytes (EIP-170)."""
GAS_PER_WORD = 200 * abi.WORD
"""A node deposits what creation code returns as if it were code."""
MAX_POOLS = 1_024
FIRST_BATCH = 64

_FAULTS = {1: "has no code", 2: "reverts", 3: "answers what it should not"}
_NAMES = {
    abi.selector(name): name.partition("(")[0]
    for name in (
        *("factory()", "token0()", "token1()", "getReserves()", "decimals()", "slot0()"),
        "symbol()",
        *("liquidity()", "fee()", "tickSpacing()", "tickBitmap(int16)", "ticks(int24)"),
        *("globalState()", "tickTable(int16)", "extsload(bytes32)"),
        *("allPairs(uint256)", "allPairsLength()"),
        *("getPair(address,address)", "getPool(address,address,uint24)"),
    )
}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why one pool or token did not give its state; others of its batch are not touched by it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Record:
    """One record of an answer: `source` is the lower 160 bits of its head."""

    source: bytes
    next_word: int
    body: tuple[int, ...]


Answer = Record | Unreadable


class Lens:
    """Asks one node; `calls` counts the requests it took.

    Raises `BadAnswer` for an answer that no lens gives, besides what `Node.call` raises.
    """

    def __init__(self, node: Node) -> None:
        self.calls = 0
        self.name = node.name
        self._node = node

    async def ask(
        self,
        function: bytes,
        constants: Sequence[bytes],
        items: Sequence[bytes],
        block_hash: bytes,
    ) -> list[Answer]:
        """Records of the first of `items`, at least one, as many as one call yields.

        `constants` are the words before the list, `items` the encoded members of equal size.
        """
        heads = len(constants) + 3
        question = b"".join(
            (
                function,
                *constants,
                abi.word_of(abi.WORD * heads),
                abi.word_of(MAX_WORDS),
                abi.word_of(GAS_PER_WORD),
                abi.word_of(len(items)),
                *items,
            )
        )
        return self.records(await self.call(question, block_hash), len(items))

    async def call(self, question: bytes, block_hash: bytes) -> bytes:
        """What the lens answers to call data."""
        self.calls += 1
        return await self._node.call(None, CARRIER + question, block_hash)

    def records(self, answer: bytes, most: int) -> list[Answer]:
        """What `answer` says, at least one record and not more than `most`."""
        try:
            found = decode(answer)
        except abi.MalformedWordError as error:
            raise BadAnswer(f"{self.name}: {error}; use another node") from None
        if not found:
            raise BadAnswer(
                f"{self.name} allows a call too little gas to read one pool; raise its cap"
            )
        if len(found) > most:
            raise BadAnswer(f"{self.name} answered pools nobody asked for; use another node")
        return found

    async def ask_all(
        self,
        function: bytes,
        constants: Sequence[bytes],
        items: Sequence[bytes],
        block_hash: bytes,
        progress: Callable[[int], None] | None = None,
    ) -> list[Answer]:
        """A record for each of `items`, in their order; `progress` is told how many came."""
        found: list[Answer] = []
        size = FIRST_BATCH
        while len(found) < len(items):
            batch = items[len(found) : len(found) + size]
            got = await self.ask(function, constants, batch, block_hash)
            found += got
            size = next_size(len(got), len(batch[0]))
            if progress is not None:
                progress(len(got))
        return found


def next_size(answered: int, item_bytes: int) -> int:
    """How many to ask after a call answered so many: twice that, as far as a call holds."""
    room = (MAX_INIT_CODE_BYTES - len(CARRIER) - 16 * abi.WORD) // item_bytes
    return max(1, min(2 * answered, room, MAX_POOLS))


def decode(answer: bytes) -> list[Answer]:
    """The records of an answer; raises `MalformedWordError` where no lens gave it."""
    words = _words(answer)
    return list(_split(words))


def _words(answer: bytes) -> tuple[int, ...]:
    count = len(answer) // abi.WORD - 2
    if len(answer) % abi.WORD or count < 0 or count > MAX_WORDS:
        raise abi.MalformedWordError(f"{len(answer)} bytes are no answer of a pool lens")
    raw = struct.unpack(f"{abi.WORD}s" * (count + 2), answer)
    numbers = tuple(map(int.from_bytes, raw))
    if numbers[:2] != (abi.WORD, count):
        raise abi.MalformedWordError("the answer is not a list of words")
    return numbers[2:]


def _split(words: tuple[int, ...]) -> Iterator[Answer]:
    at = 0
    while at < len(words):
        head = words[at]
        status, count, source = head >> 248, head >> 232 & 0xFFFF, head & (1 << 160) - 1
        end = at + 1 + count
        if end > len(words) or status > max(_FAULTS) or (status and count):
            raise abi.MalformedWordError("a record of the lens is cut or unknown")
        if status:
            view = (source & 0xFFFF_FFFF).to_bytes(4)
            yield Unreadable(f"its {_NAMES.get(view, '0x' + view.hex())}() {_FAULTS[status]}")
        else:
            next_word = (head >> 216 & 0xFFFF ^ 0x8000) - 0x8000
            yield Record(source.to_bytes(20), next_word, words[at + 1 : end])
        at = end
