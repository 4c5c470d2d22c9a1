"""The protocols' own compiled contracts inside pyrevm, set to any state: the oracle of quotes."""

import json
from functools import cache
from pathlib import Path

import pyrevm
from eth_abi import encode
from eth_utils import keccak

NODE_MODULES = Path(__file__).parents[1] / "node_modules"
ACCOUNT = "0x" + "11" * 20
# Answers 1 to every call: no balance or transfer matters, swaps revert before they do.
TOKEN_CODE = bytes.fromhex("600160005260206000f3")
TOKENS = ("0x" + "aa" * 20, "0x" + "bb" * 20)
MIN_LIMIT, MAX_LIMIT = 4295128740, 1461446703485210103287273052203988822378723970341


def artifact(path: str) -> bytes:
    found = json.loads((NODE_MODULES / path).read_text())
    text = found.get("bytecode", found.get("creationCode"))
    text = text["object"] if isinstance(text, dict) else text
    return bytes.fromhex(text[2:] if isinstance(text, str) and text[:2] == "0x" else text)


@cache
def selector(signature: str) -> bytes:
    return keccak(text=signature)[:4]


def words(*numbers: int) -> bytes:
    """The numbers as the ABI lays them out, negative ones in two's complement."""
    return b"".join((number % 2**256).to_bytes(32) for number in numbers)


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


class V2Oracle(Oracle):
    """UniswapV2Library's formulas through the real router."""

    def __init__(self) -> None:
        super().__init__()
        path = "@uniswap/v2-periphery/build/UniswapV2Router02.json"
        self.router = self.deploy(path, ("address", "address"), TOKENS)

    def amount(self, name: str, *values: int) -> int:
        data = selector(f"{name}(uint256,uint256,uint256)") + words(*values)
        return int.from_bytes(self.call(self.router, data))
