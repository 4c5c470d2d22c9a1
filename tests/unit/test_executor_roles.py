"""Every role against every function that the executor's ABI or its dispatcher knows."""

import re
from dataclasses import dataclass
from typing import Any

import pyrevm
import pytest
from directory import code_of
from eth_utils.abi import function_signature_to_4byte_selector as selector_of
from eth_utils.crypto import keccak
from executor_world import (
    AAVE_CALLBACK,
    ARMING,
    GUARDIAN,
    KEEPER,
    NATIVE,
    STRANGER,
    TREASURY,
    V2_CALLBACK,
    V3_CALLBACK,
    RevertedError,
    World,
    hexed,
    rich_world,
    script,
    scripted,
    swap_arming,
)
from program_assembler import bound, command, header
from safe_world import Safe, owned_by_safe

from keeper.chain import Address
from keeper.execution.program_table import WPOL
from replica.abi import encode_call
from replica.contracts import compile_executor

HEIR, PROPOSED = (Address(bytes([0xB1]) * 19 + bytes([n])) for n in (1, 2))
ARMED = "armed pool"
ROLES = (
    *("owner", "guardian", "executor", "pending owner", "pending treasury", "treasury"),
    *("stranger", ARMED),
)
EVERYONE = frozenset(ROLES)
NOBODY: frozenset[str] = frozenset()
OWNER_ONLY = frozenset({"owner"})
FOREIGN = "OwnableUnauthorizedAccount"
RENOUNCE = "renounceOwnership()"
INITIALIZE = "initialize(address,address,address)"
"""Refused to all: the constructor has made that call."""
PROGRAM = "a program"
"""Not of the ABI: calldata that begins with four zero bytes."""
OTHER_CALLBACKS = (
    AAVE_CALLBACK,
    "algebraSwapCallback(int256,int256,bytes)",
    "uniswapV3FlashCallback(uint256,uint256,bytes)",
    "unlockCallback(bytes)",
    "onMorphoFlashLoan(uint256,bytes)",
    "receiveFlashLoan(address[],uint256[],uint256[],bytes)",
)
FREE = command("pay", to="caller", token=0, amount=0)
"""A stream that costs nothing, so that an allowed callback passes."""
BOUND = bound([Address(WPOL)], FREE)
"""How a pool sends it back."""


@dataclass(frozen=True)
class Row:
    """Who may call a function, and the custom error that everyone else gets."""

    allowed: frozenset[str]
    error: str = ""


MATRIX = {
    PROGRAM: Row(frozenset({"executor"}), "Unauthorized"),
    V2_CALLBACK: Row(frozenset({ARMED}), "UnexpectedCallback"),
    V3_CALLBACK: Row(frozenset({ARMED}), "UnexpectedCallback"),
    **{callback: Row(NOBODY, "UnexpectedCallback") for callback in OTHER_CALLBACKS},
    INITIALIZE: Row(NOBODY, "AlreadyInitialized"),
    "setListedPool(address,bool)": Row(OWNER_ONLY, FOREIGN),
    "setExecutor(address,bool)": Row(OWNER_ONLY, FOREIGN),
    "setGuardian(address,bool)": Row(OWNER_ONLY, FOREIGN),
    "pause()": Row(frozenset({"owner", "guardian"}), "NotGuardian"),
    "unpause()": Row(OWNER_ONLY, FOREIGN),
    "withdraw(address,uint256)": Row(OWNER_ONLY, FOREIGN),
    "proposeTreasury(address)": Row(OWNER_ONLY, FOREIGN),
    "acceptTreasury()": Row(frozenset({"pending treasury"}), "NotPendingTreasury"),
    "transferOwnership(address)": Row(OWNER_ONLY, FOREIGN),
    "acceptOwnership()": Row(frozenset({"pending owner"}), FOREIGN),
    RENOUNCE: Row(NOBODY),
    **{
        f"{view}()": Row(EVERYONE)
        for view in (
            *("aavePool", "treasury", "pendingTreasury", "owner", "pendingOwner", "paused"),
            *("executors", "guardians", "programVersion"),
        )
    },
    "isExecutor(address)": Row(EVERYONE),
    "isGuardian(address)": Row(EVERYONE),
    "isListedPool(address)": Row(EVERYONE),
}
SAMPLES: dict[str, Any] = {
    "address[]": [],
    "uint256[]": [],
    "address": PROPOSED,
    "bool": True,
    "bytes": BOUND,
}
"""Well-formed arguments by type; whatever else is a number."""


def functions() -> dict[str, str]:
    """State mutability of each function of the ABI, by signature."""
    found = (entry for entry in compile_executor().abi if entry["type"] == "function")
    return {
        f"{f['name']}({','.join(i['type'] for i in f['inputs'])})": f["stateMutability"]
        for f in found
    }


@dataclass(frozen=True)
class Stage:
    """An executor that a real Safe owns, both hand-overs proposed, and an account per role."""

    world: World
    safe: Safe
    accounts: dict[str, Address]

    def data(self, signature: str) -> bytes:
        """A call that nothing but its caller can spoil."""
        if signature == PROGRAM:
            return header([self.world.manifest.token("WPOL").address])
        if signature == V2_CALLBACK:
            return encode_call(signature, self.world.executor, 1, 1, BOUND)
        if signature == "withdraw(address,uint256)":
            return encode_call(signature, NATIVE, 1)
        types = signature[signature.index("(") + 1 : -1].split(",")
        return encode_call(signature, *(SAMPLES.get(kind, 1) for kind in types if kind))

    def call(self, role: str, data: bytes, value: int = 0) -> RevertedError | None:
        """How a call by an account of this role ends; afterwards all is as it was."""
        world, sender, to = self.world, self.accounts[role], self.world.executor
        if role == "owner":
            data = self.safe.transaction(to, data, value=value)
            sender, to, value = STRANGER, self.safe.address, 0
        mark = world.evm.snapshot()
        try:
            world.call(sender, to, data, value)
        except RevertedError as error:
            return error
        finally:
            world.evm.revert(mark)
        return None

    def call_while_armed(self, arming: str, data: bytes) -> tuple[bool, bool]:
        """Whether an armed pool's call succeeds, and whether its own callback does after it."""
        world, pool = self.world, self.accounts[ARMED]
        own = self.data(arming)
        mark = world.evm.snapshot()
        script(world, pool, (world.executor, data, False), (world.executor, own, False))
        program = header([world.manifest.token("WPOL").address])
        world.run(program + swap_arming(arming, pool, FREE))
        bits = world.ask(pool, "succeeded()", ["uint256"])
        world.evm.revert(mark)
        return bool(bits & 1), bool(bits & 2)


@pytest.fixture(scope="module")
def stage() -> Stage:
    world = rich_world()
    safe = owned_by_safe(world)
    safe.act("transferOwnership(address)", HEIR)
    safe.act("proposeTreasury(address)", PROPOSED)
    accounts = (safe.address, GUARDIAN, KEEPER, HEIR, PROPOSED, TREASURY, STRANGER)
    for who in (*accounts, pool := scripted(world)):
        world.evm.set_balance(hexed(who), 1)
    return Stage(world, safe, dict(zip(ROLES, (*accounts, pool), strict=True)))


def test_every_function_of_the_abi_has_a_row() -> None:
    assert set(MATRIX) == {*functions(), PROGRAM}


def test_views_are_everyones_and_nothing_else_is() -> None:
    views = {name for name, kind in functions().items() if kind in {"view", "pure"}}
    assert {name for name, row in MATRIX.items() if row.allowed == EVERYONE} == views - {RENOUNCE}


def test_no_selector_but_the_abis_is_dispatched(stage: Stage) -> None:
    """A fallback could serve selectors that no ABI lists: it would answer them otherwise."""
    executor = stage.world.executor
    administration = keccak(b"\xd6\x94" + executor + b"\1")[12:]  # its first creation
    code = b"".join(code_of(stage.world, hexed(who)) for who in (executor, administration))
    known = {selector_of(signature) for signature in MATRIX if signature != PROGRAM}
    pushed = set(re.findall(rb"\x63(....)", code, re.DOTALL))
    assert known <= pushed
    unknown = stage.call("stranger", b"\xde\xad\xbe\xef" + bytes(256))
    for selector in pushed - known:
        for role in ("stranger", "executor"):
            ended = stage.call(role, selector + bytes(256))
            assert ended is not None
            assert unknown is not None
            assert ended.data == unknown.data, selector.hex()


@pytest.mark.parametrize("signature", MATRIX)
def test_role_and_function(stage: Stage, signature: str) -> None:
    row, data = MATRIX[signature], stage.data(signature)
    for role in ROLES[:-1]:
        ended = stage.call(role, data)
        assert (ended is None) == (role in row.allowed), role
        if ended is not None and row.error and role != "owner":  # a Safe hides the reason
            assert ended.name == row.error, role


@pytest.mark.parametrize("arming", ARMING)
@pytest.mark.parametrize("signature", MATRIX)
def test_an_armed_pool_and_function(stage: Stage, signature: str, arming: str) -> None:
    """It may read, and call back as it was armed to, once; a denied call disarms nothing."""
    row, armed = MATRIX[signature], signature == arming
    allowed = row.allowed == EVERYONE or armed
    assert not armed or ARMED in row.allowed
    assert stage.call_while_armed(arming, stage.data(signature)) == (allowed, not armed)


@pytest.mark.parametrize("signature", [s for s in MATRIX if MATRIX[s].error and s != INITIALIZE])
def test_a_refusal_names_the_contract_that_called(stage: Stage, signature: str) -> None:
    """Not the account that sent the transaction, which might hold the role."""
    world, agent = stage.world, stage.accounts[ARMED]
    mark = world.evm.snapshot()
    script(world, agent, (world.executor, stage.data(signature), True))
    for sender in (KEEPER, GUARDIAN, HEIR, PROPOSED):
        with pytest.raises(RevertedError) as caught:
            world.do(sender, agent, "play()")
        assert (caught.value.name, caught.value.args_) == (MATRIX[signature].error, (hexed(agent),))
    world.evm.revert(mark)


@pytest.mark.parametrize("signature", MATRIX)
def test_no_function_takes_pol_with_it(stage: Stage, signature: str) -> None:
    """A program may, and it is the executor's then, as if it had come alone."""
    for role in ROLES[:-1]:
        passes = signature == PROGRAM and role in MATRIX[signature].allowed
        assert (stage.call(role, stage.data(signature), value=1) is None) == passes, role


def test_pol_comes_with_a_program(stage: Stage) -> None:
    world, held = stage.world, stage.world.balance(NATIVE)
    mark = world.evm.snapshot()
    world.call(KEEPER, world.executor, stage.data(PROGRAM), value=1)
    assert world.balance(NATIVE) == held + 1
    world.evm.revert(mark)


def test_pol_comes_with_the_stipend_alone(stage: Stage) -> None:
    world, held = stage.world, stage.world.balance(NATIVE)
    mark = world.evm.snapshot()
    # a call without gas of its own, and a revert where that is not enough
    code = f"5f5f5f5f600273{world.executor.hex()}5ff16023575f5ffd5b00"
    payer = Address(b"\x9a" * 20)
    world.evm.insert_account_info(hexed(payer), pyrevm.AccountInfo(code=bytes.fromhex(code)))
    world.evm.set_balance(hexed(payer), 2)
    world.call(STRANGER, payer, b"")
    assert world.balance(NATIVE) == held + 2
    world.evm.revert(mark)


def test_pol_alone_is_welcome_from_all_but_calls_nothing(stage: Stage) -> None:
    assert all(stage.call(role, b"", value=1) is None for role in ROLES[:-1])
    assert all(stage.call(role, b"\0", value=1) is not None for role in ROLES[:-1])
