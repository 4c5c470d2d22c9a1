"""Who is believed among several endpoints: scripted ones, so that each rule stands alone."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from keeper.node import (
    BadAnswer,
    BlockMissing,
    NodesDisagree,
    NodeTimeout,
    NodeUnavailable,
    Policy,
    RequestRefused,
    WrongChain,
)
from keeper.node.endpoints import Endpoints

POLICY = Policy(patience_s=0.1, max_lag_s=0.15, max_head_age_s=60.0)


def hash_of(number: int, branch: str = "11") -> str:
    return "0x" + branch * 28 + f"{number:08x}"


@dataclass
class Scripted:
    """A node with a head, a branch, a delay and a fault of your choice."""

    name: str
    head: int = 100
    branch: str = "11"
    chain_id: int = 137
    delay_s: float = 0.0
    age_s: float = 0.0
    fault: Exception | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def request(self, method: str, *params: object) -> object:
        self.asked.append(method)
        await asyncio.sleep(self.delay_s)
        if self.fault is not None:
            raise self.fault
        if method in self.answers:
            return self.answers[method]
        if method == "eth_chainId":
            return hex(self.chain_id)
        assert method == "eth_getBlockByNumber", method
        number = self.head if params[0] == "latest" else int(str(params[0]), 16)
        return self.block(number) if number <= self.head else None

    def block(self, number: int) -> dict[str, str]:
        return {
            "number": hex(number),
            "hash": hash_of(number, self.branch if number else "00"),
            "parentHash": hash_of(max(number - 1, 0), self.branch),
            "timestamp": hex(int(time.time() - self.age_s)),
            "baseFeePerGas": "0x7",
        }

    async def close(self) -> None:
        return


async def opened(*nodes: Scripted) -> Endpoints:
    endpoints = Endpoints(nodes, 137, POLICY)
    await endpoints.open()
    return endpoints


async def settled(endpoints: Endpoints, count: int) -> None:
    """Looked at until so many are sound."""
    async with asyncio.timeout(3):
        while len(endpoints.sound) != count:
            with contextlib.suppress(NodeUnavailable, NodesDisagree, BadAnswer):
                await endpoints.head()
            await asyncio.sleep(0.02)


async def test_the_head_is_one_that_most_have() -> None:
    a, b, c = Scripted("a", 102), Scripted("b", 101), Scripted("c", 101)
    endpoints = await opened(a, b, c)
    assert (await endpoints.head()).number == 101
    b.head = 102
    assert (await endpoints.head()).number == 102
    assert endpoints.reasons == {}


async def test_one_that_pretends_to_be_ahead_makes_nobody_late() -> None:
    a, b, c = Scripted("a"), Scripted("b"), Scripted("c")
    endpoints = await opened(a, b, c)
    a.head = 10**6
    for _ in range(5):
        assert (await endpoints.head()).number == 100
        await asyncio.sleep(0.05)
    assert endpoints.reasons.keys() <= {"a"}


async def test_of_two_the_one_that_stands_still_is_dropped_and_comes_back() -> None:
    a, b = Scripted("a"), Scripted("b")
    endpoints = await opened(a, b)
    assert (await endpoints.head()).number == 100
    b.head = 103
    assert (await endpoints.head()).number == 100, "only one has more"
    await asyncio.sleep(POLICY.max_lag_s)
    assert (await endpoints.head()).number == 103
    assert endpoints.reasons == {"a": "its head stands at 100, another's at 103"}
    a.head = 103
    await settled(endpoints, 2)


async def test_of_two_on_other_branches_none_is_believed() -> None:
    a, b = Scripted("a"), Scripted("b", branch="22")
    endpoints = await opened(a, b)
    with pytest.raises(NodesDisagree, match="nothing is traded"):
        await endpoints.head()
    b.head = 105
    await asyncio.sleep(POLICY.max_lag_s)
    with pytest.raises(NodesDisagree):
        await endpoints.head()
    b.branch = "11"
    await settled(endpoints, 2)


async def test_of_three_the_one_on_another_branch_is_dropped() -> None:
    endpoints = await opened(Scripted("a", branch="22"), Scripted("b"), Scripted("c"))
    assert (await endpoints.head()).hash.hex() == hash_of(100)[2:]
    assert list(endpoints.reasons) == ["a"]


async def test_an_old_head_is_not_believed_even_of_one() -> None:
    endpoints = await opened(Scripted("a", age_s=90.0))
    with pytest.raises(BadAnswer, match="more than 60 s old"):
        await endpoints.head()
    endpoints = await opened(Scripted("a", age_s=90.0), Scripted("b"))
    assert (await endpoints.head()).number == 100
    assert list(endpoints.reasons) == ["a"]


async def test_a_head_that_goes_back_is_dropped_but_a_balanced_node_is_not() -> None:
    a, b = Scripted("a"), Scripted("b")
    endpoints = await opened(a, b)
    await endpoints.head()
    a.head = 98
    assert (await endpoints.head()).number == 98, "of two the lower one"
    a.head = 90
    assert (await endpoints.head()).number == 100
    assert endpoints.reasons == {"a": "its head went back from 100 to 90"}


async def test_the_slow_one_is_not_waited_for() -> None:
    a, b = Scripted("a", delay_s=1.0), Scripted("b")
    endpoints = Endpoints([a, b], 137, POLICY)
    begun = time.monotonic()
    await endpoints.open()
    opened_s = time.monotonic() - begun
    begun = time.monotonic()
    assert (await endpoints.head()).number == 100
    assert time.monotonic() - begun < 0.5
    assert opened_s >= 1.0, "at the start there is time"
    assert "after another" in endpoints.reasons["a"]


async def test_none_sound_is_said_at_once_and_heals() -> None:
    a, b = Scripted("a"), Scripted("b")
    endpoints = await opened(a, b)
    a.fault = b.fault = NodeUnavailable("gone")
    for _ in range(2):
        with pytest.raises(NodeUnavailable):
            await endpoints.head()
    assert len(endpoints.reasons) == 2
    a.fault = b.fault = None
    await settled(endpoints, 2)


async def test_wrong_chains_and_origins_never_join() -> None:
    a, b = Scripted("a", chain_id=1), Scripted("b")
    endpoints = await opened(a, b)
    assert "serves chain 1, expected 137" in endpoints.reasons["a"]
    await asyncio.sleep(0.4)
    await endpoints.head()
    await asyncio.sleep(0.05)
    assert list(endpoints.reasons) == ["a"]
    with pytest.raises(WrongChain, match="serves chain 1"):
        await opened(Scripted("a", chain_id=1), Scripted("b", chain_id=1))


async def ask(endpoints: Endpoints, method: str, *, compared: bool) -> object:
    return await endpoints.ask(method, (), lambda value: value, compared=compared)


async def test_what_is_compared_is_answered_alike_or_not_at_all() -> None:
    nodes = [Scripted(name, answers={"m": 1}) for name in "abc"]
    endpoints = await opened(*nodes)
    assert await ask(endpoints, "m", compared=True) == 1
    nodes[0].answers["m"] = 2
    assert await ask(endpoints, "m", compared=True) == 1
    assert list(endpoints.reasons) == ["a"]
    nodes[1].answers["m"] = 3
    with pytest.raises(NodesDisagree):
        await ask(endpoints, "m", compared=True)


async def test_a_moments_difference_is_waited_out() -> None:
    nodes = [Scripted("a", answers={"m": 1}), Scripted("b", answers={"m": 2})]
    endpoints = await opened(*nodes)
    asked = asyncio.create_task(ask(endpoints, "m", compared=True))
    await asyncio.sleep(0.15)
    nodes[1].answers["m"] = 1
    assert await asked == 1
    assert endpoints.reasons == {}


async def test_refusals_are_answers_and_equal_by_their_kind() -> None:
    nodes = [Scripted("a"), Scripted("b")]
    endpoints = await opened(*nodes)
    for node in nodes:
        node.fault = RequestRefused(f"{node.name} says no", 3, "no", "0x12")
    with pytest.raises(RequestRefused):
        await ask(endpoints, "m", compared=True)
    assert endpoints.reasons == {}


async def test_who_lacks_a_block_that_another_has_is_dropped_after_a_while() -> None:
    nodes = [Scripted("a", answers={"m": 1}), Scripted("b")]
    endpoints = await opened(*nodes)
    nodes[1].fault = BlockMissing("b has no block")
    assert await ask(endpoints, "m", compared=True) == 1
    assert endpoints.reasons == {"b": "b has no block; another has it"}


async def test_a_send_in_doubt_stays_in_doubt_whatever_the_next_one_says() -> None:
    nodes = [Scripted("a"), Scripted("b")]
    endpoints = await opened(*nodes)
    nodes[0].fault = NodeTimeout("no answer")
    nodes[1].fault = RequestRefused("nonce too low", -32000, "nonce too low")
    with pytest.raises(NodeTimeout):
        await ask(endpoints, "eth_sendRawTransaction", compared=False)
    nodes[0].fault, nodes[1].fault = None, None
    await settled(endpoints, 2)
    nodes[0].fault, nodes[1].answers["s"] = NodeUnavailable("gone"), "0x12"
    assert await ask(endpoints, "s", compared=False) == "0x12"


async def test_a_single_endpoint_is_asked_whatever_it_did_and_its_chain_checked_anew() -> None:
    only = Scripted("a")
    endpoints = await opened(only)
    only.fault = NodeUnavailable("gone")
    with pytest.raises(NodeUnavailable):
        await endpoints.head()
    only.fault, only.chain_id = None, 1
    with pytest.raises(WrongChain):
        await endpoints.head()
    only.chain_id = 137
    assert (await endpoints.head()).number == 100
