"""Odd and hostile tokens in every venue: a run reverts, or all that was there is there still."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from directory import relist
from eth_utils.crypto import keccak
from executor_world import NATIVE, STRANGER, RevertedError, World, rich_world, taken_back
from hostile_world import (
    TOKENS,
    control_state,
    counted,
    run_held_to_the_promise,
    swaps_and_loans_in_its_name,
)
from odd_markets import create_pair, create_v3
from program_assembler import header

from keeper.chain import Address, Protocol
from keeper.execution.directory import Directory
from keeper.execution.program import Funding
from replica.contracts import compile_contract
from replica.deploy import WHALE
from replica.manifest import Pool

HELD = 10**21
DEEP = 10**23
TRADED = 10**19
# their code takes nothing on its own account: they are protected like any other token
HONEST = {
    "FeeOnTransfer",
    "ReturnsFalse",
    "MovesAndReturnsFalse",
    "ReturnsNothing",
    "ReturnsGarbage",
    "ReturnsOneByte",
    "ReturnsABomb",
    "Blacklists",
    "Pauses",
    "RevertsOnZero",
    "RebasesUp",
    "Hooks",
}
HOSTILE = {
    "KeepsNineTenths",
    "TakesMoreThanSent",
    "RebasesDown",
    "ReportsTooMuch",
    "ReportsTooLittle",
    "ReportsNoBalance",
    "TakesOnApproval",
}
HARMLESS = {"ReturnsNothing", "RevertsOnZero", "Hooks"}
WAYS = {
    "v2 v2": ("quickswap-v2", "uniswap-v2"),
    "v2 v3": ("quickswap-v2", 500),
    "v3 v2": (500, "quickswap-v2"),
    "v3 v3": (500, 3_000),
}


@dataclass
class Lab:
    """A world with one odd token, and the executor and the whale rich in it."""

    world: World
    token: Address
    wpol: Address

    def market(self, venue: str | int, cheap: int) -> Pool:
        """A pool in which `cheap` in a hundred more of the odd token buys a WPOL."""
        holdings = {self.wpol: DEEP, self.token: DEEP * (100 + cheap) // 100}
        if isinstance(venue, str):
            return create_pair(self.world, venue, holdings)
        return create_v3(self.world, venue, holdings)

    def raw(self) -> int:
        """The odd token's own entry for the executor, whatever it reports."""
        slot = encode_slot(self.world.executor)
        return self.world.evm.storage("0x" + self.token.hex(), slot)


def encode_slot(holder: Address) -> int:
    """Slot of `held[holder]`, which stands first in the token's storage."""
    return int.from_bytes(keccak(bytes(12) + holder + bytes(32)), "big")


@pytest.fixture(scope="module")
def world() -> World:
    return rich_world()


def lab(world: World, kind: str) -> Lab:
    token = world.deploy(compile_contract(f"{TOKENS}:{kind}").creation_code)
    for holder, amount in ((WHALE, 10 * DEEP), (world.executor, HELD)):
        world.do(STRANGER, token, "mint(address,uint256)", holder, amount)
    return Lab(world, token, world.manifest.token("WPOL").address)


def listed(world: World, route: Sequence[Pool]) -> Directory:
    """The executor's directory from now on: with it, what begins with WPOL may be one cycle."""
    lists = [
        [pool.address for pool in route if pool.protocol is kind]
        for kind in (Protocol.UNISWAP_V3, Protocol.UNISWAP_V2)
    ]
    relist(world, world.executor, *lists)
    return Directory.of(*lists)


@pytest.mark.parametrize("funding", [Funding.OWN_CAPITAL, Funding.FLASH_SWAP])
@pytest.mark.parametrize("start", ["wpol first", "odd first"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", sorted(HONEST | HOSTILE))
def test_an_odd_token_costs_nothing(
    world: World, kind: str, way: str, start: str, funding: Funding
) -> None:
    with taken_back(world):
        lab_ = lab(world, kind)
        odd_first = start == "odd first"
        cheap = (0, 20) if odd_first else (20, 0)
        route = [lab_.market(venue, more) for venue, more in zip(WAYS[way], cheap, strict=True)]
        first = lab_.token if odd_first else lab_.wpol
        legs = world.legs(first, route, TRADED)
        program = world.program(legs, funding, directory=listed(world, route))
        with taken_back(world):
            world.run(program)  # unarmed, the token is one like any other and the cycle earns
        if kind == "Hooks":
            world.do(STRANGER, lab_.token, "listen(address,bytes)", world.executor, program)
        world.do(STRANGER, lab_.token, "arm(address)", world.executor)
        before = lab_.raw()
        failure = run_held_to_the_promise(world, program, tuple(p.address for p in route))
        if kind in HONEST:
            assert lab_.raw() >= before
        if kind in HARMLESS:
            assert failure is None
        if kind == "Hooks":
            attempts, breaches = counted(world, lab_.token)
            assert attempts > 0
            assert breaches == 0


def test_hooks_call_protocols_in_our_name_for_nothing(world: World) -> None:
    for target, message in swaps_and_loans_in_its_name(world):
        with taken_back(world):
            lab_ = lab(world, "Hooks")
            route = [lab_.market("quickswap-v2", 20), lab_.market("uniswap-v2", 0)]
            program = world.program(world.legs(lab_.wpol, route, TRADED), Funding.FLASH_SWAP)
            world.do(STRANGER, lab_.token, "listen(address,bytes)", target, message)
            world.do(STRANGER, lab_.token, "arm(address)", world.executor)
            assert run_held_to_the_promise(world, program) is None
            attempts, breaches = counted(world, lab_.token)
        assert attempts > 0
        assert breaches == 0


@pytest.mark.parametrize("token", [NATIVE, Address(b"\xde\xad" * 10)])
def test_a_token_without_code_cannot_be_declared(world: World, token: Address) -> None:
    before = world.holdings(), control_state(world)
    with pytest.raises(RevertedError) as caught:
        world.run(header([token]))
    assert caught.value.name == "TokenCallFailed"
    assert (world.holdings(), control_state(world)) == before
