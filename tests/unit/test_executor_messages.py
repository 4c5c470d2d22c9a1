"""What each command says to its protocol, to the byte: who is called reverts with what it heard."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from cycle_routes import Hop, cells, giving
from directory import relist
from eth_abi.abi import encode
from executor_world import (
    AAVE_POOL,
    OWNER,
    V3_CALLBACK,
    World,
    rich_world,
    script,
    scripted,
)
from heard_calls import LEAST_PRICE, MOST_PRICE, V2, V3, call_of, heard
from program_assembler import COMMANDS, bound, command, header

from keeper.chain import Address
from replica.abi import encode_call
from replica.contracts import Artifact
from replica.directory import places
from replica.protocols.balancer_v2 import VAULT
from replica.protocols.morpho_blue import MORPHO
from replica.protocols.uniswap_v4 import MANAGER

POOL, SECOND, HEIR = (Address(bytes([n]) * 20) for n in (0x5A, 0x5B, 0x1E))
LISTED = [POOL, SECOND], [HEIR]
STREAM = bytes(range(1, 41))
"""A stream that is not run: only carried."""
MOST = 0x0102030405060708090A0B0C0D0E0F10
SOME = 0x0102030405060708090A0B0C
POOL_ID = bytes(range(32))
V4 = "swap((address,address,uint24,int24,address),(bool,int256,uint160),bytes)"
BALANCER_ORDER = "(bytes32,uint8,address,address,uint256,bytes)"
BALANCER = f"swap({BALANCER_ORDER},(address,bool,address,bool),uint256,uint256)"


@dataclass(frozen=True)
class Scene:
    """Who runs a command, with what token, for whom, and which way."""

    executor: Address
    wpol: Address
    to: Address
    zero_for_one: bool

    @property
    def price(self) -> int:
        return LEAST_PRICE if self.zero_for_one else MOST_PRICE

    def outs(self, amount: int) -> tuple[int, int]:
        """A pair's outputs."""
        return (0, amount) if self.zero_for_one else (amount, 0)

    def bound(self, stream: bytes) -> bytes:
        return bound([self.wpol], stream)


Said = tuple[dict[str, Any], Address, str, tuple[Any, ...]]
"""A command's fields, whom it calls, and the call: signature and arguments."""


def v2(scene: Scene, data: bytes, **fields: Any) -> Said:  # noqa: ANN401 - a command's
    args = (*scene.outs(SOME), scene.to, data)
    return {"pool": POOL, "amount_out": SOME} | fields, POOL, V2, args


def v3(scene: Scene, amount: int, data: bytes, **fields: Any) -> Said:  # noqa: ANN401 - a command's
    args = (scene.to, scene.zero_for_one, amount, scene.price, data)
    return {"pool": POOL} | fields, POOL, V3, args


def paid(scene: Scene) -> Said:
    amount = MOST
    data = encode(["address", "uint256"], [scene.wpol, amount])
    return v3(scene, amount, data, token=0, amount_in=amount)


def swapped_in(scene: Scene) -> Said:
    return v3(scene, MOST, scene.bound(STREAM), amount_in=MOST, nested=STREAM)


def swapped_out(scene: Scene) -> Said:
    return v3(scene, -MOST, scene.bound(STREAM), amount_out=MOST, nested=STREAM)


def cycle_run(scene: Scene) -> Said:
    """The last pool of the route is told to give to the pair behind it."""
    way, amount = scene.zero_for_one, SOME >> 16
    hops = Hop("3", SECOND, 0, not way), Hop("3", POOL, 0, way), Hop("2", HEIR, amount, way)
    args = (HEIR, way, -amount, scene.price, b"")
    return {"amount": giving(5), "nested": cells(hops, places(*LISTED))}, POOL, V3, args


def v2_run(scene: Scene) -> Said:
    cell = (scene.zero_for_one << 255 | SOME << 160).to_bytes(32, "big")
    cell = cell[:12] + POOL
    args = (*scene.outs(SOME), scene.to, b"")
    return {"token": 0, "amount_in": 5, "nested": cell}, POOL, V2, args


def aave(scene: Scene) -> Said:
    terms = bytes(1) + (7).to_bytes(16, "big") + MOST.to_bytes(16, "big")
    fields = {"token": 0, "amount": 7, "max_premium": MOST, "nested": STREAM}
    signature = "flashLoanSimple(address,address,uint256,bytes,uint16)"
    args = (scene.executor, scene.wpol, 7, scene.bound(terms + STREAM), 0)
    return fields, AAVE_POOL, signature, args


def balancer_flash(scene: Scene) -> Said:
    fields, _, _, (*_, data, _) = aave(scene)
    signature = "flashLoan(address,address[],uint256[],bytes)"
    return fields, VAULT, signature, (scene.executor, [scene.wpol], [7], data)


def morpho(scene: Scene) -> Said:
    data = scene.bound(bytes(1) + MOST.to_bytes(16, "big") + STREAM)
    fields = {"token": 0, "amount": MOST, "nested": STREAM}
    return fields, MORPHO, "flashLoan(address,uint256,bytes)", (scene.wpol, MOST, data)


def v3_flash(scene: Scene) -> Said:
    # token0 for a swap of zero for one, so not the output
    amounts = reversed(scene.outs(MOST))
    fields = {"pool": POOL, "amount": MOST, "nested": STREAM}
    signature = "flash(address,uint256,uint256,bytes)"
    return fields, POOL, signature, (scene.executor, *amounts, scene.bound(STREAM))


def v4_swap(scene: Scene) -> Said:
    key = (POOL, SECOND, 0x010203, 0x0405)
    names = ("currency0", "currency1", "fee", "tick_spacing")
    order = (scene.zero_for_one, -MOST, scene.price)
    fields = dict(zip(names, key, strict=True)) | {"amount_in": MOST}
    return fields, MANAGER, V4, ((*key, bytes(20)), order, b"")


def v4_take(scene: Scene) -> Said:
    args = (POOL, scene.to, MOST)
    return {"currency": POOL, "amount": MOST}, MANAGER, "take(address,address,uint256)", args


def balancer(scene: Scene) -> Said:
    fields = {"pool_id": POOL_ID, "token_out": SECOND, "token": 0, "amount_in": MOST}
    order = (POOL_ID, 0, scene.wpol, SECOND, MOST, b"")
    funds = (scene.executor, False, scene.to, False)
    return fields, VAULT, BALANCER, (order, funds, 0, 2**256 - 1)


def curve(_: Scene) -> Said:
    fields = {"pool": POOL, "indices": 0x12, "token": 0, "amount_in": MOST}
    return fields, POOL, "exchange(int128,int128,uint256,uint256)", (1, 2, MOST, 0)


def curve_ng(scene: Scene) -> Said:
    signature = "exchange_received(int128,int128,uint256,uint256,address)"
    fields = {"pool": POOL, "indices": 0x12, "amount_in": MOST}
    return fields, POOL, signature, (1, 2, MOST, 0, scene.to)


SAYS: dict[str, Callable[[Scene], Said]] = {
    "v2": lambda scene: v2(scene, b""),
    "v2_flash": lambda scene: v2(scene, scene.bound(STREAM), nested=STREAM),
    **dict.fromkeys(("v3", "algebra"), swapped_in),
    **dict.fromkeys(("v3_out", "algebra_out"), swapped_out),
    **dict.fromkeys(("v3_pay", "algebra_pay"), paid),
    **{each.__name__: each for each in (v2_run, cycle_run, v3_flash)},
    **{each.__name__: each for each in (v4_swap, v4_take)},
    **{each.__name__: each for each in (aave, balancer_flash, morpho, balancer, curve, curve_ng)},
    "v4": lambda scene: ({"nested": STREAM}, MANAGER, "unlock(bytes)", (scene.bound(STREAM),)),
    "v4_sync": lambda _: ({"currency": POOL}, MANAGER, "sync(address)", (POOL,)),
    "v4_settle": lambda _: ({}, MANAGER, "settle()", ()),
}
SILENT = {"pay", "pay_owed", "check_v2", "check_v3", "check_algebra"}
"""These make no call but views and transfers."""
ASKED = {"v3_owed", "algebra_owed", "v2_arrived"}
"""How much these ask for is another's answer."""


@pytest.fixture(scope="module")
def world(code: Artifact) -> World:
    world = rich_world(code)
    world.do(OWNER, world.executor, "setListedPool(address,bool)", POOL, True)
    relist(world, world.executor, *LISTED)
    return world


@pytest.mark.parametrize("to", ["self", HEIR], ids=["to itself", "to another"])
@pytest.mark.parametrize("zero_for_one", [False, True])
@pytest.mark.parametrize("name", SAYS)
def test_a_command_says_this_and_no_more(
    world: World, name: str, zero_for_one: bool, to: str | Address
) -> None:
    if not COMMANDS[name]["recipients"]:
        to = "self"
    wpol = world.manifest.token("WPOL").address
    goes_to = world.executor if to == "self" else HEIR
    scene = Scene(world.executor, wpol, goes_to, zero_for_one)
    fields, where, signature, args = SAYS[name](scene)
    program = header([wpol]) + command(name, to=to, zero_for_one=zero_for_one, **fields)
    assert heard(world, program, where).hex() == call_of(signature, args).hex()


@pytest.mark.parametrize("zero_for_one", [False, True])
@pytest.mark.parametrize("name", ["v2_run", "cycle_run"])
def test_a_run_in_the_express_form_says_the_same(
    world: World, name: str, zero_for_one: bool
) -> None:
    wpol = world.manifest.token("WPOL").address
    scene = Scene(world.executor, wpol, world.executor, zero_for_one)
    fields, where, signature, args = SAYS[name](scene)
    program = header([], lead="wpol") + command(name, rest=True, **fields)
    assert heard(world, program, where).hex() == call_of(signature, args).hex()


@pytest.mark.parametrize("rest", [False, True])
@pytest.mark.parametrize(("directions", "asked"), enumerate([(7, 3), (3, 7), (7, -3), (-3, 7)]))
def test_the_pool_before_is_told_what_a_pool_of_a_cycle_asks(
    world: World, directions: int, asked: tuple[int, int], rest: bool
) -> None:
    wpol, first = world.manifest.token("WPOL").address, scripted(world)
    script(world, first, (world.executor, encode_call(V3_CALLBACK, *asked, b""), True))
    ways = bool(directions & 1), bool(directions >> 1)
    relist(world, world.executor, [POOL, first])
    hops = Hop("3", POOL, 0, ways[0]), Hop("3", first, 7, ways[1])
    told = cells(hops, places([POOL, first], []))
    start = header([], lead="wpol") if rest else header([wpol])
    program = start + command("cycle_run", amount=giving(5), nested=told, rest=rest)
    price = LEAST_PRICE if ways[0] else MOST_PRICE
    said = call_of(V3, (first, ways[0], -7, price, b""))
    assert heard(world, program, POOL).hex() == said.hex()


def test_every_command_that_calls_is_heard() -> None:
    assert {*SAYS, *SILENT, *ASKED} == {*COMMANDS}
