"""What stands on the replica, where, and how real it is: typed, and as JSON beside the state."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from keeper.chain import Address, Protocol
from replica.abi import address


class Realness(StrEnum):
    """How far a contract may be trusted to behave as the one on Polygon does."""

    REAL = "real"
    """The package's bytecode at the canonical address."""
    PARTLY_REAL = "partly real"
    """The package's bytecode, but a constructor argument or an implementation's place is ours."""
    STAND_IN = "stand-in"
    """Other code that answers to the same interface."""


@dataclass(frozen=True, slots=True)
class Contract:
    """One placed contract; `package` is its npm source, `note` says what is not as on Polygon."""

    name: str
    address: Address
    protocol: str
    package: str
    realness: Realness
    note: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """An ERC-20 with the constant price in USD that pools and the Aave oracle were built with."""

    symbol: str
    address: Address
    decimals: int
    usd_price: str


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool in the terms that tell its arithmetic: `tick_spacing` is 0 for Uniswap V2 pairs."""

    address: Address
    protocol: Protocol
    venue: str
    factory: Address
    token0: Address
    token1: Address
    fee_pips: int
    tick_spacing: int


@dataclass(frozen=True, slots=True)
class Factory:
    """A factory and the init code hash its pools derive from by CREATE2."""

    venue: str
    address: Address
    protocol: Protocol
    init_code_hash: bytes


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole replica. `state_hash` digests the built accounts: equal builds have equal ones."""

    chain_id: int
    built_block: int
    built_timestamp_s: int
    state_hash: str
    contracts: tuple[Contract, ...]
    tokens: tuple[Token, ...]
    pools: tuple[Pool, ...]
    factories: tuple[Factory, ...]

    def contract(self, name: str) -> Address:
        """Address of the contract of that name; raises `KeyError` naming it."""
        for entry in self.contracts:
            if entry.name == name:
                return entry.address
        raise KeyError(f"no contract {name!r} on the replica")

    def token(self, symbol: str) -> Token:
        """The token of that symbol; raises `KeyError` naming it."""
        for entry in self.tokens:
            if entry.symbol == symbol:
                return entry
        raise KeyError(f"no token {symbol!r} on the replica")

    def pool(self, venue: str, symbol_a: str, symbol_b: str, fee_pips: int | None = None) -> Pool:
        """The pool of two tokens, in either order; `fee_pips` tells V3 pools apart."""
        pair = {self.token(symbol_a).address, self.token(symbol_b).address}
        for entry in self.pools:
            same = entry.venue == venue and {entry.token0, entry.token1} == pair
            if same and fee_pips in (None, entry.fee_pips):
                return entry
        raise KeyError(f"no {venue} pool {symbol_a}/{symbol_b} {fee_pips or ''}".rstrip())

    @property
    def aave_pool(self) -> Address:
        """The Aave V3 pool's proxy."""
        return self.contract("Aave Pool")

    @property
    def multicall3(self) -> Address:
        """Multicall3."""
        return self.contract("Multicall3")


def dump(manifest: Manifest) -> str:
    """The manifest as JSON text; addresses and hashes are 0x-hexadecimal."""
    return json.dumps(asdict(manifest), default=lambda raw: "0x" + raw.hex(), indent=1)


def load(text: str) -> Manifest:
    """The inverse of `dump`."""
    raw = json.loads(text)
    raw["contracts"] = tuple(_contract(entry) for entry in raw["contracts"])
    raw["tokens"] = tuple(Token(**_with_bytes(entry, "address")) for entry in raw["tokens"])
    raw["pools"] = tuple(_pool(entry) for entry in raw["pools"])
    raw["factories"] = tuple(_factory(entry) for entry in raw["factories"])
    return Manifest(**raw)


def _with_bytes(entry: dict[str, Any], *fields: str) -> dict[str, Any]:
    return entry | {field: address(entry[field]) for field in fields}


def _contract(entry: dict[str, Any]) -> Contract:
    entry["realness"] = Realness(entry["realness"])
    return Contract(**_with_bytes(entry, "address"))


def _pool(entry: dict[str, Any]) -> Pool:
    entry["protocol"] = Protocol(entry["protocol"])
    return Pool(**_with_bytes(entry, "address", "factory", "token0", "token1"))


def _factory(entry: dict[str, Any]) -> Factory:
    entry["protocol"] = Protocol(entry["protocol"])
    entry["init_code_hash"] = bytes.fromhex(entry["init_code_hash"][2:])
    return Factory(**_with_bytes(entry, "address"))
