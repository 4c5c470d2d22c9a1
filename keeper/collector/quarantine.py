"""Tokens that cannot be bought and sold whole, found out by simulated round trips.

The probe (`contracts/lens/TokenProbe.vy`) stands, for one call, in the place of pools that hold the
token. A token that behaves only while it is watched passes: the simulation of each trade and the
executor's own checks are what holds then.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from keeper.chain import Address
from keeper.collector import abi
from keeper.collector.records import padded
from keeper.node import BadAnswer, Node

PROBE = Path(__file__).with_name("token_probe.bin").read_bytes()
"""Generated from the probe's source by `toolchain/gen_lens.py`."""
RUN = abi.selector("run((address,address)[],address)")
COORDINATOR, TRADER = (Address(bytes(12) + b"probe" + n.to_bytes(3)) for n in (1, 2))
MAX_TESTS = 64
HOLDERS = 3
"""Of a token that are tried; a tax may fall on one pool and not on another."""

_NOTHING_HELD = 1
_FAULTS = {
    2: "it answers no balance",
    3: "a pool cannot send it",
    4: "buying it loses {share:.2%}",
    5: "it cannot be sold again",
    6: "selling it loses {share:.2%}",
}

Test = tuple[Address, Address]


class Quarantine:
    """Judges tokens once each: `reasons` holds those that failed, and why."""

    def __init__(self, node: Node) -> None:
        self.reasons: dict[Address, str] = {}
        self.calls = 0
        self._node = node
        self._passed: set[Address] = set()

    def is_judged(self, token: Address) -> bool:
        """Whether a round trip of it was made."""
        return token in self._passed or token in self.reasons

    async def judge(self, holders: Mapping[Address, Sequence[Address]], block_hash: bytes) -> None:
        """Judge each token by the first of its holders that hold any, as of `block_hash`."""
        tests = [(holder, token) for token, some in holders.items() for holder in some[:HOLDERS]]
        for (_, token), verdict in zip(tests, await self._verdicts(tests, block_hash), strict=True):
            status, share = verdict >> 248, (verdict & (1 << 248) - 1) / 10_000
            if status in _FAULTS:
                self.reasons.setdefault(token, _FAULTS[status].format(share=share))
            elif status != _NOTHING_HELD:
                self._passed.add(token)
        self._passed -= self.reasons.keys()

    async def _verdicts(self, tests: Sequence[Test], block_hash: bytes) -> list[int]:
        found: list[int] = []
        while len(found) < len(tests):
            batch = tests[len(found) : len(found) + MAX_TESTS]
            places = {COORDINATOR, TRADER, *(holder for holder, _ in batch)}
            self.calls += 1
            answer = await self._node.call(
                COORDINATOR, _question(batch), block_hash, code=dict.fromkeys(places, PROBE)
            )
            found += self._words(answer, len(batch))
        return found

    def _words(self, answer: bytes, most: int) -> list[int]:
        words = [int.from_bytes(answer[at : at + 32]) for at in range(0, len(answer), abi.WORD)]
        verdicts = words[2:]
        whole = words[:2] == [abi.WORD, len(verdicts)] and 0 < len(verdicts) <= most
        if not whole or any(verdict >> 248 > max(_FAULTS) for verdict in verdicts):
            raise BadAnswer(f"{self._node.name} answered what no token probe gives")
        return verdicts


def _question(tests: Sequence[Test]) -> bytes:
    pairs = (padded(holder) + padded(token) for holder, token in tests)
    heads = (abi.word_of(2 * abi.WORD), padded(TRADER), abi.word_of(len(tests)))
    return b"".join((RUN, *heads, *pairs))
