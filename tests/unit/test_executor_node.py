"""The executor on a real node: what pyrevm cannot show, and whole-transaction gas."""

from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from eth_abi.abi import encode
from executor_world import (
    AAVE_POOL,
    BASE_FEE_WEI,
    STRANGER,
    WHALE,
    RevertedError,
    World,
    decode_error,
    usd,
)

from keeper.chain import Address
from keeper.execution.program import Funding
from keeper.strategies.opportunity import Leg
from replica import Replica
from replica.abi import address
from replica.contracts import compile_contract, deploy, deploy_executor
from replica.manifest import Pool
from replica.trial import taken_back

GAS_LIMITS = count(6_000_000)
"""No transaction is sent twice: after a revert, a repeated one has the receipt of the first."""

PLAN = "(address,address,address,uint256,uint256,uint256,bool,bool,bool,bool,bool)"
VENUES = {"v2": ("quickswap-v2", 3000), "v3": ("uniswap-v3", 500)}
CLOSING = {"v2": ("uniswap-v2", 3000), "v3": ("uniswap-v3", 3000)}


@dataclass
class NodeWorld(World):
    """The same markets and tools, on anvil."""

    node: Replica

    def call(self, sender: Address, to: Address, data: bytes, value: int = 0) -> bytes:
        """Read for a stranger, transact for everyone else."""
        call = {"from": sender, "to": to, "data": data, "value": hex(value)}
        if sender == STRANGER:
            return bytes.fromhex(self.node.rpc("eth_call", [call, "latest"])[2:])
        self.gas_of(sender, to, data)
        return b""

    def gas_of(self, sender: Address, to: Address, data: bytes) -> int:
        """Whole-transaction gas; raises `RevertedError` if it failed."""
        fee = hex(2 * 10**12)
        call = {"from": sender, "to": to, "data": data, "gas": hex(next(GAS_LIMITS))}
        call |= {"maxFeePerGas": fee, "maxPriorityFeePerGas": "0x1"}
        receipt = self.node.receipt(self.node.rpc("eth_sendTransaction", [call]))
        if int(receipt["status"], 16) != 1:
            raise RevertedError(b"")
        return int(receipt["gasUsed"], 16)

    def balance(self, token: Address, holder: Address | None = None) -> int:
        return self.ask(token, "balanceOf(address)", ["uint256"], holder or self.executor)


@pytest.fixture
def world(chain: Replica) -> NodeWorld:
    owner, guardian, treasury, keeper = (address(a) for a in chain.rpc("eth_accounts")[:4])
    chain.rpc("anvil_impersonateAccount", [WHALE])
    chain.rpc("anvil_setBalance", [WHALE, hex(10**24)])
    executor = deploy_executor(
        chain.rpc,
        owner,
        guardian=guardian,
        treasury=treasury,
        aave_pool=AAVE_POOL,
        executors=[keeper],
    )
    return NodeWorld(None, chain.manifest, executor, chain)


def keeper_of(world: NodeWorld) -> Address:
    return address(world.node.rpc("eth_accounts")[3])


def cycle(world: NodeWorld, first: str, last: str, symbol: str) -> tuple[Leg, ...]:
    """A profitable two-hop cycle worth about 100 USD."""
    other = "USDC.e" if symbol == "WPOL" else "WETH"
    token = world.manifest.token(symbol)
    (venue, fee), (closing, closing_fee) = VENUES[first], CLOSING[last]
    route: tuple[Pool, ...] = (
        world.manifest.pool(venue, symbol, other, fee),
        world.manifest.pool(closing, symbol, other, closing_fee),
    )
    world.cheapen(route[0], token.address)
    return world.legs(token.address, route, usd(token, 100))


def test_a_base_fee_above_the_maximum_reverts(world: NodeWorld) -> None:
    program = world.program(cycle(world, "v2", "v2", "WPOL"), Funding.FLASH_SWAP)
    world.node.rpc("anvil_setNextBlockBaseFeePerGas", [hex(BASE_FEE_WEI + 1)])
    with pytest.raises(RevertedError):
        world.gas_of(keeper_of(world), world.executor, program)
    block = world.node.rpc("eth_getBlockByNumber", ["latest", False])
    assert int(block["baseFeePerGas"], 16) == BASE_FEE_WEI + 1
    (sent,) = block["transactions"]
    (trace,) = world.node.rpc("trace_transaction", [sent])[:1]
    reason = decode_error(bytes.fromhex(trace["result"]["output"][2:]))
    assert reason == ("BaseFeeTooHigh", (BASE_FEE_WEI,))
    world.node.rpc("anvil_setNextBlockBaseFeePerGas", [hex(BASE_FEE_WEI)])
    world.gas_of(keeper_of(world), world.executor, program)


def floor_of(world: NodeWorld, legs: tuple[Leg, ...], *, flash: bool) -> Address:
    """A straight-line contract for the same cycle, with the same capital."""
    first, second = legs
    plan: tuple[Any, ...] = (
        first.token_in,
        first.pool,
        second.pool,
        first.amount_in_raw,
        first.amount_out_raw,
        second.amount_out_raw,
        first.protocol == 2,
        second.protocol == 2,
        first.zero_for_one,
        second.zero_for_one,
        flash,
    )
    code = compile_contract("tests/contracts/Floor.sol:Floor").creation_code
    return deploy(world.node.rpc, keeper_of(world), code + encode([PLAN], [plan]))


# Gas over the floor of the cycle, WPOL: a ceiling 1 % of the whole above what was measured.
CEILING = {
    ("v2", "v2", False): 6_746 + 1_300,
    ("v2", "v2", True): 8_510 + 1_300,
    ("v2", "v3", False): 8_075 + 1_400,
    ("v3", "v2", False): 7_598 + 1_400,
    ("v3", "v2", True): 8_826 + 1_500,
    ("v3", "v3", False): 8_391 + 1_500,
}


@pytest.mark.parametrize("symbol", ["WPOL", "USDC.e"])
@pytest.mark.parametrize("shape", CEILING)
def test_gas_over_the_floor(
    world: NodeWorld, figures: list[str], shape: tuple[str, str, bool], symbol: str
) -> None:
    first, last, flash = shape
    legs = cycle(world, first, last, symbol)
    floor = floor_of(world, legs, flash=flash)
    token = world.manifest.token(symbol)
    for holder in (world.executor, floor):
        world.fund(token.address, usd(token, 1_000), holder)
    latest = world.node.rpc("eth_getBlockByNumber", ["latest", False])
    begins_a_second = int(latest["timestamp"], 16) + 2
    with taken_back(world.node.rpc):
        world.node.rpc("evm_setNextBlockTimestamp", [begins_a_second])
        least = world.gas_of(keeper_of(world), floor, b"")
    funding = Funding.FLASH_SWAP if flash else Funding.OWN_CAPITAL
    program = world.program(legs, funding, min_profit_raw=1, deadline_block=2**27)
    world.node.rpc("evm_setNextBlockTimestamp", [begins_a_second])  # pools write once a second
    gas = world.gas_of(keeper_of(world), world.executor, program)
    figures.append(
        f"gas {symbol} {first}-{last} {funding.value}: {gas}, floor {least} + {gas - least}"
    )
    assert gas - least <= CEILING[shape] + (1_800 if symbol == "USDC.e" else 0)


def test_a_run_reads_one_storage_slot_of_the_executor(world: NodeWorld) -> None:
    legs = cycle(world, "v3", "v2", "WPOL")
    program = world.program(legs, Funding.FLASH_SWAP)
    call = {"from": keeper_of(world), "to": world.executor, "data": program}
    options = {"disableMemory": True, "disableStorage": True}
    trace = world.node.rpc("debug_traceCall", [call, "latest", options])
    assert not trace["failed"]
    assert own_operations(trace["structLogs"], world.executor).count("SLOAD") == 1
    assert own_operations(trace["structLogs"], world.executor).count("SSTORE") == 0


def own_operations(steps: list[dict[str, Any]], executor: Address) -> list[str]:
    """Operations that ran in frames of the executor's code."""
    frames, own = [True], []
    for before, step in zip([steps[0], *steps], steps, strict=False):
        if step["depth"] > len(frames):
            frames.append(int(before["stack"][-2], 16) == int.from_bytes(executor, "big"))
        del frames[step["depth"] :]
        if frames[-1]:
            own.append(step["op"])
    return own
