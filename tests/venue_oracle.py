"""The protocols' own compiled contracts inside pyrevm, set to any state: the oracle of quotes."""

import json
from pathlib import Path

import pyrevm
from eth_abi import decode, encode
from eth_utils import keccak, to_checksum_address

from keeper.market.venues.uniswap_v3 import V3State

NODE_MODULES = Path(__file__).parents[1] / "node_modules"
ACCOUNT = "0x" + "11" * 20
# Answers 1 to every call: balances and transfers do not matter, a quoter reverts before they do.
TOKEN_CODE = bytes.fromhex("600160005260206000f3")
TOKENS = ("0x" + "aa" * 20, "0x" + "bb" * 20)
SPACINGS = {100: 1, 500: 10, 3000: 60, 10000: 200}
MIN_LIMIT, MAX_LIMIT = 4295128740, 1461446703485210103287273052203988822378723970341


def artifact(path: str) -> bytes:
    found = json.loads((NODE_MODULES / path).read_text())
    text = found.get("bytecode", found.get("creationCode"))
    text = text["object"] if isinstance(text, dict) else text
    return bytes.fromhex(text[2:] if isinstance(text, str) and text[:2] == "0x" else text)


def selector(signature: str) -> bytes:
    return keccak(text=signature)[:4]


def _slot(key: int, base: int) -> int:
    return int.from_bytes(keccak((key % 2**256).to_bytes(32, "big") + base.to_bytes(32, "big")))


class Oracle:
    def __init__(self) -> None:
        self.evm = pyrevm.EVM()
        self.evm.set_balance(ACCOUNT, 10**30)
        for token in TOKENS:
            self.evm.insert_account_info(token, pyrevm.AccountInfo(code=TOKEN_CODE))

    def deploy(
        self, path: str, types: tuple[str, ...] = (), values: tuple[object, ...] = ()
    ) -> str:
        return str(self.evm.deploy(ACCOUNT, artifact(path) + encode(types, values)))

    def call(self, to: str, data: bytes) -> bytes:
        return bytes(self.evm.message_call(ACCOUNT, to, data))


class V3Oracle(Oracle):
    """A real factory with one real pool per fee, and QuoterV2."""

    def __init__(self) -> None:
        super().__init__()
        core = "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json"
        lens = "@uniswap/v3-periphery/artifacts/contracts/lens/QuoterV2.sol/QuoterV2.json"
        self.factory = self.deploy(core)
        self.quoter = self.deploy(lens, ("address", "address"), (self.factory, TOKENS[0]))
        enable = selector("enableFeeAmount(uint24,int24)")
        self.call(self.factory, enable + encode(("uint24", "int24"), (100, 1)))
        self.pools = {fee: self._create(fee) for fee in SPACINGS}
        self._written: dict[int, list[int]] = {fee: [] for fee in SPACINGS}

    def _create(self, fee: int) -> str:
        data = encode(("address", "address", "uint24"), (*TOKENS, fee))
        answer = self.call(self.factory, selector("createPool(address,address,uint24)") + data)
        pool = to_checksum_address(decode(("address",), answer)[0])
        self.call(pool, selector("initialize(uint160)") + encode(("uint160",), (2**96,)))
        return pool

    def set_state(self, state: V3State) -> None:
        """Write the state into the pool's storage, in the contract's own layout."""
        pool = self.pools[state.fee_pips]
        words: dict[int, int] = dict.fromkeys(self._written[state.fee_pips], 0)
        bitmap: dict[int, int] = {}
        for tick, net in zip(state.ticks, state.nets, strict=True):
            words[_slot(tick, 5)] = (net % 2**128) << 128 | max(abs(net), 1)
            index = tick // state.tick_spacing
            bitmap[index >> 8] = bitmap.get(index >> 8, 0) | 1 << (index & 255)
        words.update({_slot(word, 6): bits for word, bits in bitmap.items()})
        self._written[state.fee_pips] = list(words)
        words[4] = state.liquidity
        words[0] = (
            state.sqrt_price_x96 | (state.tick % 2**24) << 160 | 1 << 200 | 1 << 216 | 1 << 240
        )
        for slot, value in words.items():
            self.evm.insert_account_storage(pool, slot, value)

    def quote(
        self, state: V3State, *, zero_for_one: bool, amount: int, exact_in: bool
    ) -> tuple[int, int] | None:
        """QuoterV2's amount (output, or input if not `exact_in`) and the price after it.

        None when its callback refuses, which it does when both amounts are zero.
        """
        kind = "Input" if exact_in else "Output"
        name = f"quoteExact{kind}Single((address,address,uint256,uint24,uint160))"
        tokens = TOKENS if zero_for_one else TOKENS[::-1]
        limit = MIN_LIMIT if zero_for_one else MAX_LIMIT
        data = encode(
            ("address", "address", "uint256", "uint24", "uint160"),
            (*tokens, amount, state.fee_pips, limit),
        )
        types = ("uint256", "uint160", "uint32", "uint256")
        try:
            answer = self.call(self.quoter, selector(name) + data)
        except RuntimeError as error:
            if b"Unexpected error".hex() not in str(error):
                raise
            return None
        result, after, *_ = decode(types, answer)
        return result, after


class V2Oracle(Oracle):
    """UniswapV2Library's formulas through the real router."""

    def __init__(self) -> None:
        super().__init__()
        path = "@uniswap/v2-periphery/build/UniswapV2Router02.json"
        self.router = self.deploy(path, ("address", "address"), TOKENS)

    def amount(self, name: str, *values: int) -> int:
        data = selector(f"{name}(uint256,uint256,uint256)") + encode(("uint256",) * 3, values)
        return int.from_bytes(self.call(self.router, data))
