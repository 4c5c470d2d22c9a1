"""The executor on the replica's state inside pyrevm: thousands of exact runs a second."""

import json
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pyrevm
import pytest
from eth_abi.abi import decode
from eth_utils.abi import function_signature_to_4byte_selector
from program_assembler import command

from keeper.chain import Address, Protocol
from keeper.execution.program import Funding, LendingPool, encode_program
from keeper.strategies.opportunity import Leg
from replica.abi import encode_call
from replica.build import build
from replica.contracts import Artifact, compile_contract, compile_executor, creation_terms
from replica.deploy import WHALE
from replica.directory import directory_of
from replica.manifest import Manifest, Pool, Token
from replica.protocols.aave_v3 import POOL as AAVE_POOL

OWNER, GUARDIAN, TREASURY, KEEPER, STRANGER = (
    Address(bytes([0xA1]) * 19 + bytes([n])) for n in range(1, 6)
)
BASE_FEE_WEI = 30 * 10**9
NATIVE = Address(bytes(20))
FAR = 2**32 - 1
ROOMY = 2**16
"""Bytes that a contract may have here: the reference is longer than a chain would take."""
SCRIPTED = "tests/contracts/Scripted.sol:Scripted"
V2_CALLBACK = "uniswapV2Call(address,uint256,uint256,bytes)"
V3_CALLBACK = "uniswapV3SwapCallback(int256,int256,bytes)"
ARMING = {V2_CALLBACK: ("v2_flash", "amount_out"), V3_CALLBACK: ("v3", "amount_in")}
"""Commands that arm a pool of the program's choice, by the callback they expect."""
AAVE_CALLBACK = "executeOperation(address,uint256,uint256,address,bytes)"


class RevertedError(Exception):
    """A call reverted with `data`; `name` is our custom error's, or empty."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.name, self.args_ = decode_error(data)
        super().__init__(f"{self.name}{self.args_} {data.hex()}")


def decode_error(data: bytes) -> tuple[str, tuple[Any, ...]]:
    """Name and arguments of one of the executor's custom errors."""
    for entry in compile_executor().abi:
        if entry["type"] == "error":
            types = [part["type"] for part in entry["inputs"]]
            if data[:4] == function_signature_to_4byte_selector(
                f"{entry['name']}({','.join(types)})"
            ):
                return entry["name"], decode(types, data[4:])
    return "", ()


def root_cause(error: RevertedError) -> str:
    """The innermost custom error, looking through `HopFailed` reports."""
    name, args = error.name, error.args_
    while name == "HopFailed":
        inner, inner_args = decode_error(args[1])
        if not inner:
            break
        name, args = inner, inner_args
    return name


def hexed(raw: bytes) -> str:
    return "0x" + raw.hex()


@dataclass
class World:
    """One EVM with the replica's accounts and an executor that `KEEPER` may run."""

    evm: pyrevm.EVM
    manifest: Manifest
    executor: Address

    def call(self, sender: Address, to: Address, data: bytes, value: int = 0) -> bytes:
        """One transaction; raises `RevertedError`."""
        self.evm.reset_transient_storage()
        try:
            return self.evm.message_call(
                caller=hexed(sender),
                to=hexed(to),
                calldata=data,
                value=value,
                gas=20_000_000,
            )
        except RuntimeError as error:
            text = str(error)
            if text.startswith("Transaction"):
                raise  # no such transaction could be mined
            if not text.startswith("Revert"):
                raise RevertedError(b"") from error
            raise RevertedError(bytes.fromhex(re.findall("0x([0-9a-f]*)", text)[0])) from error

    def ask(self, to: Address, signature: str, returns: list[str], *args: object) -> Any:  # noqa: ANN401 - by signature
        """First value that a view function returns."""
        return decode(returns, self.call(STRANGER, to, encode_call(signature, *args)))[0]

    def do(self, sender: Address, to: Address, signature: str, *args: object) -> bytes:
        """A transaction by signature."""
        return self.call(sender, to, encode_call(signature, *args))

    def deploy(self, creation_code: bytes) -> Address:
        """A new contract of the stranger's."""
        return deploy(self.evm, STRANGER, creation_code)

    def plant(self, code: bytes) -> Address:
        """A new contract of this code, of at most 255 bytes."""
        size = f"60{len(code):02x}"
        return self.deploy(bytes.fromhex(f"{size}600a5f39{size}5ff3") + code)

    def run(self, program: bytes, sender: Address = KEEPER) -> None:
        """Send a program to the executor."""
        self.call(sender, self.executor, program)

    def refused(self, program: bytes) -> RevertedError:
        """How a program ends that must fail; nothing moves."""
        before = self.holdings()
        with pytest.raises(RevertedError) as caught:
            self.run(program)
        assert self.holdings() == before
        return caught.value

    def cause_of(self, program: bytes) -> str:
        """The root cause for which a program fails that must; nothing moves."""
        return root_cause(self.refused(program))

    def balance(self, token: Address, holder: Address | None = None) -> int:
        """Balance of the executor unless told otherwise; `NATIVE` is POL."""
        who = holder or self.executor
        if token == NATIVE:
            return self.evm.get_balance(hexed(who))
        return self.ask(token, "balanceOf(address)", ["uint256"], who)

    def holdings(self) -> dict[Address, int]:
        """The executor's balance of each token of the replica, and of POL."""
        tokens = [token.address for token in self.manifest.tokens]
        return {token: self.balance(token) for token in [*tokens, NATIVE]}

    def allowances(self) -> set[int]:
        """What the Aave pool may take of each token."""
        signature = "allowance(address,address)"
        return {
            self.ask(token.address, signature, ["uint256"], self.executor, AAVE_POOL)
            for token in self.manifest.tokens
        }

    def fund(self, token: Address, amount: int, to: Address | None = None) -> None:
        """Give someone, the executor unless told otherwise, tokens out of the whale's."""
        self.do(WHALE, token, "transfer(address,uint256)", to or self.executor, amount)

    def fund_all(self) -> None:
        """Give the executor about 1,000 USD of every token, and POL."""
        for token in self.manifest.tokens:
            self.fund(token.address, usd(token, 1_000))
        self.evm.set_balance(hexed(self.executor), 7 * 10**18)

    # ------------------------------------------------------------------------------- markets

    def quote(self, pool: Pool, token_in: Address, amount_in: int) -> int:
        """Exact output, by the protocol's own contracts or the V2 formula."""
        if pool.protocol is Protocol.UNISWAP_V2:
            raw = self.call(STRANGER, pool.address, encode_call("getReserves()"))
            reserves = decode(["uint112", "uint112", "uint32"], raw)[:2]
            into, out = reserves if token_in == pool.token0 else reversed(reserves)
            with_fee = amount_in * 997
            return with_fee * out // (into * 1000 + with_fee)
        order = (token_in, other(pool, token_in), amount_in, pool.fee_pips, 0)
        signature = "quoteExactInputSingle((address,address,uint256,uint24,uint160))"
        quoter = self.manifest.contract("QuoterV2")
        return decode(["uint256"], self.call(STRANGER, quoter, encode_call(signature, order))[:32])[
            0
        ]

    def legs(self, token: Address, pools: Sequence[Pool], amount_in: int) -> tuple[Leg, ...]:
        """The exact legs of a route through `pools`."""
        legs = []
        for pool in pools:
            out, token_out = self.quote(pool, token, amount_in), other(pool, token)
            zero_for_one = token == pool.token0
            legs.append(
                Leg(pool.address, pool.protocol, zero_for_one, token, token_out, amount_in, out)
            )
            token, amount_in = token_out, out
        return tuple(legs)

    def cheapen(self, pool: Pool, token_in: Address) -> None:
        """Trade the other way first, so that `pool` gives about a tenth more for `token_in`."""
        token = other(pool, token_in)
        if pool.protocol is Protocol.UNISWAP_V2:
            amount = self.balance(token, pool.address) // 16
            out = self.quote(pool, token, amount)
            self.fund(token, amount, pool.address)
            outs = (0, out) if token == pool.token0 else (out, 0)
            swap = "swap(uint256,uint256,address,bytes)"
            self.do(WHALE, pool.address, swap, *outs, WHALE, b"")
            return
        slot0 = self.call(STRANGER, pool.address, encode_call("slot0()"))
        price = int.from_bytes(slot0[:32], "big")
        limit = price * 95 // 100 if token == pool.token0 else price * 105 // 100
        order = (token, token_in, pool.fee_pips, WHALE, usd_of(self.manifest, token), 0, limit)
        signature = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))"
        self.do(WHALE, self.manifest.contract("SwapRouter02"), signature, order)

    def gap(self, token: Address, pools: Sequence[Pool], amount_in: int) -> tuple[Leg, ...]:
        """Make the cycle through `pools` profitable, and return its exact legs."""
        self.cheapen(pools[0], token)
        second = other(pools[0], token)
        self.cheapen(pools[1], second)
        return self.legs(token, pools, amount_in)

    def program(self, legs: Sequence[Leg], funding: Funding, **changes: object) -> bytes:
        """Calldata with limits that do not bind."""
        limits: dict[str, Any] = {
            "profit_token": legs[0].token_in,
            "min_profit_raw": 0,
            "deadline_block": FAR,
            "max_base_fee_wei": BASE_FEE_WEI,
            "max_premium_raw": premium(legs),
            "lender": self.lender(legs) if funding is Funding.UNISWAP_V3 else None,
        }
        return encode_program(legs, funding=funding, **(limits | changes))

    def lender(self, legs: Sequence[Leg]) -> LendingPool:
        """A Uniswap V3 pool outside the route that can lend what its first leg takes in."""
        token, used = legs[0].token_in, {leg.pool for leg in legs}
        pool = next(
            pool
            for pool in self.manifest.pools
            if pool.protocol is Protocol.UNISWAP_V3
            and token in (pool.token0, pool.token1)
            and pool.address not in used
        )
        return LendingPool(pool.address, pool.fee_pips, token == pool.token0)


def premium(legs: Sequence[Leg]) -> int:
    """Aave's 5 bp, rounded half up as its PercentageMath does."""
    return (legs[0].amount_in_raw * 5 + 5_000) // 10_000


def other(pool: Pool, token: Address) -> Address:
    """The pool's other token."""
    return pool.token1 if token == pool.token0 else pool.token0


def usd(token: Token, dollars: int) -> int:
    """Raw units worth about so many dollars."""
    return int(dollars / float(token.usd_price) * 10**token.decimals)


def usd_of(manifest: Manifest, address: Address, dollars: int = 5_000_000) -> int:
    """Raw units of the token at `address` worth about so many dollars."""
    return usd(next(t for t in manifest.tokens if t.address == address), dollars)


def swap_arming(signature: str, pool: Address, nested: bytes) -> bytes:
    """The command that arms a pool for this callback, over one unit."""
    name, amount = ARMING[signature]
    return command(name, pool=pool, nested=nested, **{amount: 1})


def callback(signature: str, data: bytes, executor: Address, token: Address = NATIVE) -> bytes:
    """A well-formed callback with `data`, as a pool or Aave would send it."""
    if signature == V2_CALLBACK:
        return encode_call(signature, executor, 1, 1, data)
    if signature == V3_CALLBACK:
        return encode_call(signature, 1, -1, data)
    return encode_call(signature, token, 1, 0, executor, data)


def cycles(manifest: Manifest, start: Address, seed: int) -> Iterator[tuple[Pool, ...]]:
    """Endless random cycles of 2 to 16 distinct pools from `start`."""
    rng = random.Random(seed)
    while True:
        hops, token, route = rng.randint(2, 16), start, []
        while len(route) < hops:
            free = [p for p in manifest.pools if token in (p.token0, p.token1) and p not in route]
            if len(route) == hops - 1:
                free = [p for p in free if other(p, token) == start]
            if not free:
                break
            route.append(rng.choice(free))
            token = other(route[-1], token)
        if len(route) == hops:
            yield tuple(route)


def deploy(evm: pyrevm.EVM, sender: Address, code: bytes) -> Address:
    return Address(bytes.fromhex(evm.deploy(deployer=hexed(sender), code=code)[2:]))


def new_world(artifact: Artifact | None = None) -> World:
    """The built replica in a fresh EVM, with an executor (of other code if asked) of its own."""
    built = build()
    block = pyrevm.BlockEnv(
        number=built.manifest.built_block + 1,
        timestamp=built.manifest.built_timestamp_s + 2,
    )
    limits = pyrevm.CfgEnv(limit_contract_code_size=ROOMY)
    evm = pyrevm.EVM(env=pyrevm.Env(cfg=limits, block=block), spec_id="PRAGUE")
    for where, account in json.loads(built.state_path.read_text())["accounts"].items():
        code = bytes.fromhex(account["code"][2:])
        evm.insert_account_info(where, pyrevm.AccountInfo(nonce=account["nonce"], code=code))
        evm.set_balance(where, int(account["balance"], 16))
        for slot, value in account["storage"].items():
            evm.insert_account_storage(where, int(slot, 16), int(value, 16))
    listed = directory_of(built.manifest)
    terms = creation_terms(OWNER, GUARDIAN, TREASURY, AAVE_POOL, *listed)
    executor = deploy(evm, OWNER, (artifact or compile_executor()).creation_code + terms)
    world = World(evm, built.manifest, executor)
    world.do(OWNER, executor, "setExecutor(address,bool)", KEEPER, True)
    return world


def rich_world(artifact: Artifact | None = None) -> World:
    """A new world whose executor holds about 1,000 USD of every token, and POL."""
    world = new_world(artifact)
    world.fund_all()
    return world


@contextmanager
def taken_back(world: World) -> Iterator[None]:
    """What happens inside is undone afterwards."""
    mark = world.evm.snapshot()
    try:
        yield
    finally:
        world.evm.revert(mark)


def scripted(world: World) -> Address:
    """A contract that does what `script` tells it."""
    return world.deploy(compile_contract(SCRIPTED).creation_code)


def script(world: World, who: Address, *steps: tuple[Address, bytes, bool]) -> None:
    """Set the calls (target, data, must succeed) that a scripted contract makes when called."""
    signature = "script((address,bytes,bool)[],bytes)"
    world.do(STRANGER, who, signature, list(steps), bytes(64))


def with_leg(legs: tuple[Leg, ...], place: int, **changes: object) -> tuple[Leg, ...]:
    """The route with one leg changed."""
    return (*legs[:place], replace(legs[place], **changes), *legs[place + 1 :])
