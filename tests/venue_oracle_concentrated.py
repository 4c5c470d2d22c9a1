"""Uniswap V3's pools, V4's manager and Algebra's published pool inside pyrevm, set to any state.

A probe swaps and reverts from inside the callback with the amounts and the state after them: no
token needs to move, and no swap leaves anything behind.
"""

import re
from functools import cache

import pyrevm
import vyper
from eth_abi import decode, encode
from eth_utils import keccak, to_checksum_address
from venue_oracle import (
    ACCOUNT,
    MAX_LIMIT,
    MIN_LIMIT,
    TOKEN_CODE,
    TOKENS,
    Oracle,
    selector,
    words,
)

from keeper.chain import Address
from keeper.market.venues.algebra import AlgebraState
from keeper.market.venues.uniswap_v3 import V3State
from replica.abi import create2_address
from replica.protocols.algebra import INIT_CODE_HASH

PROBE = """
# pragma version 0.4.3
@external
def call(target: address, data: Bytes[1024]):
    raw_call(target, data)

@external
def unlockCallback(data: Bytes[1024]):
    delta: Bytes[32] = raw_call(msg.sender, data, max_outsize=32)
    slot: bytes32 = convert(slice(data, len(data) - 32, 32), bytes32)
    read: Bytes[36] = concat(method_id("extsload(bytes32)"), slot)
    raw_revert(concat(delta, raw_call(msg.sender, read, max_outsize=32, is_static_call=True)))

@external
def uniswapV3SwapCallback(amount0: int256, amount1: int256, data: Bytes[32]):
    state: Bytes[224] = raw_call(
        msg.sender, method_id("slot0()"), max_outsize=224, is_static_call=True
    )
    raw_revert(concat(convert(amount0, bytes32), convert(amount1, bytes32), state))

@external
def algebraSwapCallback(amount0: int256, amount1: int256, data: Bytes[32]):
    state: Bytes[224] = raw_call(
        msg.sender, method_id("globalState()"), max_outsize=224, is_static_call=True
    )
    raw_revert(concat(convert(amount0, bytes32), convert(amount1, bytes32), state))
"""
_OUTPUT = re.compile("output: 0x([0-9a-f]*)")
HOOKLESS = "0x" + "00" * 20
NOW = 1_750_000_000
ALGEBRA_SPACING = 60
V3_SPACINGS = {100: 1, 500: 10, 3000: 60, 10000: 200}
V4_SPACINGS = {0: 1, 100: 1, 500: 10, 3000: 60, 10000: 200, 250_000: 32767, 999_998: 60}
POOL_KEY = "(address,address,uint24,int24,address)"
SWAP_PARAMS = "(bool,int256,uint160)"


@cache
def probe_code() -> bytes:
    compiled = vyper.compile_code(PROBE, output_formats=["bytecode"])
    return bytes.fromhex(compiled["bytecode"].removeprefix("0x"))


def mapping_slot(key: int, base: int) -> int:
    return int.from_bytes(keccak((key % 2**256).to_bytes(32, "big") + base.to_bytes(32, "big")))


def curve_words(state: V3State, ticks_slot: int, bitmap_slot: int) -> dict[int, int]:
    """Storage of the ticks and their bitmap, which all of V3's family lay out alike."""
    laid: dict[int, int] = {}
    bitmap: dict[int, int] = {}
    for tick, net in zip(state.ticks, state.nets, strict=True):
        laid[mapping_slot(tick, ticks_slot)] = (net % 2**128) << 128 | max(abs(net), 1)
        index = tick // state.tick_spacing
        bitmap[index >> 8] = bitmap.get(index >> 8, 0) | 1 << (index & 255)
    laid.update({mapping_slot(word, bitmap_slot): bits for word, bits in bitmap.items()})
    return laid


class _ProbedOracle(Oracle):
    """Storage written on a mark that `fresh` returns to, and swaps whose callback reverts."""

    def __init__(self) -> None:
        super().__init__()
        cfg = pyrevm.CfgEnv(limit_contract_code_size=1 << 20)
        env = pyrevm.Env(cfg=cfg, block=pyrevm.BlockEnv(timestamp=NOW, number=1))
        self.evm = pyrevm.EVM(env=env)
        self.evm.set_balance(ACCOUNT, 10**30)
        for token in TOKENS:
            self.evm.insert_account_info(token, pyrevm.AccountInfo(code=TOKEN_CODE))
        self.probe = str(self.evm.deploy(ACCOUNT, probe_code()))
        self._written: dict[str, set[int]] = {}

    def write(self, key: str, target: str, laid: dict[int, int]) -> None:
        """Set `laid` of `target`, and clear what the last write for `key` left."""
        for slot in self._written.get(key, set()) - laid.keys():
            self.evm.insert_account_storage(target, slot, 0)
        for slot, value in laid.items():
            self.evm.insert_account_storage(target, slot, value)
        self._written[key] = set(laid)

    def reverted(self, target: str, data: bytes, size: int) -> bytes | None:
        """What the probe's callback reverted with, None when the target itself refused."""
        padded = data.ljust(-(-len(data) // 32) * 32, b"\0")
        call = selector("call(address,bytes)") + words(int(target, 16), 64, len(data)) + padded
        try:
            self.call(self.probe, call)
        except RuntimeError as error:
            found = _OUTPUT.search(str(error))
            answer = bytes.fromhex(found.group(1)) if found else b""
            return answer if len(answer) == size else None
        raise AssertionError("the probe did not revert")


class _PoolOracle(_ProbedOracle):
    """One pool at a time, `pool`, that swaps as V3's and Algebra's do."""

    pool: str

    def swap(self, trade: tuple[bool, int, bool]) -> tuple[int, int, int, int] | None:
        """Amounts paid and received, and price and tick afterwards; None when it reverts.

        A trade is whether it sells token0, an amount, and whether that is what is paid.
        """
        zero_for_one, amount, exact_in = trade
        limit = MIN_LIMIT if zero_for_one else MAX_LIMIT
        signed = amount if exact_in else -amount
        data = selector("swap(address,bool,int256,uint160,bytes)") + words(
            int(self.probe, 16), zero_for_one, signed, limit, 160, 0
        )
        answer = self.reverted(self.pool, data, 288)
        if answer is None:
            return None
        amount0, amount1, price, tick = (
            int.from_bytes(answer[at : at + 32], signed=True) for at in range(0, 128, 32)
        )
        paid, got = (amount0, -amount1) if zero_for_one else (amount1, -amount0)
        return paid, got, price, tick


class V4Oracle(_ProbedOracle):
    """The real pool manager with one hookless pool per fee."""

    def __init__(self) -> None:
        super().__init__()
        path = "@uniswap/v4-core/out/PoolManager.sol/PoolManager.json"
        self.manager = self.deploy(path, ("address",), (ACCOUNT,))
        for fee in V4_SPACINGS:
            data = encode((POOL_KEY, "uint160"), (self._key(fee), 2**96))
            self.call(self.manager, selector(f"initialize({POOL_KEY},uint160)") + data)

    def _key(self, fee: int) -> tuple[str, str, int, int, str]:
        return (*TOKENS, fee, V4_SPACINGS[fee], HOOKLESS)

    @cache  # noqa: B019 -- the oracle lives as long as its test
    def _base(self, fee: int) -> int:
        pool_id = int.from_bytes(keccak(encode((POOL_KEY,), (self._key(fee),))))
        return mapping_slot(pool_id, 6)

    def set_state(self, state: V3State, protocol_fee: int) -> None:
        base, fee = self._base(state.fee_pips), state.fee_pips
        laid = curve_words(state, base + 4, base + 5)
        laid[base + 3] = state.liquidity
        laid[base] = (
            state.sqrt_price_x96 | (state.tick % 2**24) << 160 | protocol_fee << 184 | fee << 208
        )
        self._fee = fee
        self.write(str(fee), self.manager, laid)

    def swap(self, trade: tuple[bool, int, bool]) -> tuple[int, int, int, int] | None:
        """Amounts paid and received, and price and tick afterwards; None when it reverts."""
        zero_for_one, amount, exact_in = trade
        fee = self._fee
        limit = MIN_LIMIT if zero_for_one else MAX_LIMIT
        key = (*(int(token, 16) for token in TOKENS), fee, V4_SPACINGS[fee], 0)
        signed = -amount if exact_in else amount
        data = selector(f"swap({POOL_KEY},{SWAP_PARAMS},bytes)") + words(
            *key, zero_for_one, signed, limit, 288, 0, self._base(fee)
        )
        padded = data.ljust(-(-len(data) // 32) * 32, b"\0")
        unlock = selector("unlock(bytes)") + words(32, len(data)) + padded
        answer = self.reverted(self.manager, unlock, 64)
        if answer is None:
            return None
        amount0 = int.from_bytes(answer[:16], signed=True)
        amount1 = int.from_bytes(answer[16:32], signed=True)
        word = int.from_bytes(answer[32:])
        tick = int.from_bytes((word >> 160 & 0xFFFFFF).to_bytes(3), signed=True)
        paid, got = (-amount0, amount1) if zero_for_one else (-amount1, amount0)
        return paid, got, word & (1 << 160) - 1, tick


class V3Oracle(_PoolOracle):
    """A real factory with one real pool per fee."""

    def __init__(self) -> None:
        super().__init__()
        core = "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json"
        self.factory = self.deploy(core)
        self.call(self.factory, selector("enableFeeAmount(uint24,int24)") + words(100, 1))
        self.pools = {fee: self._create(fee) for fee in V3_SPACINGS}

    def _create(self, fee: int) -> str:
        tokens = (int(token, 16) for token in TOKENS)
        create = selector("createPool(address,address,uint24)") + words(*tokens, fee)
        pool = to_checksum_address(self.call(self.factory, create)[12:])
        self.call(pool, selector("initialize(uint160)") + words(2**96))
        return pool

    def set_state(self, state: V3State, protocol_fee: int) -> None:
        """`protocol_fee` is the pool's `feeProtocol`, which changes no amount."""
        laid = curve_words(state, 5, 6)
        laid[4] = state.liquidity
        laid[0] = (
            state.sqrt_price_x96
            | (state.tick % 2**24) << 160
            | 1 << 200
            | 1 << 216
            | protocol_fee << 232
            | 1 << 240
        )
        self.pool = self.pools[state.fee_pips]
        self.write(self.pool, self.pool, laid)


class AlgebraOracle(_PoolOracle):
    """The published Algebra pool behind its real factory, at the time of its last timepoint."""

    def __init__(self) -> None:
        super().__init__()
        core = "@cryptoalgebra/core/artifacts/contracts"
        deployer = self.deploy(f"{core}/AlgebraPoolDeployer.sol/AlgebraPoolDeployer.json")
        factory = self.deploy(
            f"{core}/AlgebraFactory.sol/AlgebraFactory.json",
            ("address", "address"),
            (deployer, ACCOUNT),
        )
        self.call(deployer, selector("setFactory(address)") + encode(("address",), (factory,)))
        create = selector("createPool(address,address)") + encode(("address",) * 2, TOKENS)
        made = to_checksum_address(decode(("address",), self.call(factory, create))[0])
        self.pool = self._stand_where_expected(made, deployer)
        initialize = selector("initialize(uint160)") + encode(("uint160",), (2**96,))
        self.call(self.pool, initialize)

    def _stand_where_expected(self, made: str, deployer: str) -> str:
        """The volatility oracle answers only the address that the deployed hash derives."""
        salt = keccak(encode(("address",) * 2, sorted(TOKENS)))
        where = create2_address(Address(bytes.fromhex(deployer[2:])), salt, INIT_CODE_HASH)
        pool = to_checksum_address(where)
        self.evm.insert_account_info(pool, pyrevm.AccountInfo(code=self.evm.get_code(made)))
        return pool

    def set_state(self, state: AlgebraState, community_fees: tuple[int, int]) -> None:
        assert state.tick_spacing == ALGEBRA_SPACING
        laid = curve_words(state, 5, 6)
        laid[3] = state.liquidity
        laid[2] = (
            state.sqrt_price_x96
            | (state.tick % 2**24) << 160
            | state.fee_pips << 184
            | community_fees[0] << 216
            | community_fees[1] << 224
            | 1 << 232
        )
        self.write("pool", self.pool, laid)
