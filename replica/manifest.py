"""What stands on the replica, where, and how real it is: typed, and as JSON beside the state."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum, StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from keeper.chain import Address, Protocol
from replica.venues import AlgebraPool, BalancerPool, CurvePool, MorphoMarket, V4Pool


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
    """The whole replica. `state_hash` digests the built accounts: equal builds have equal ones.

    `pools` are those of the Uniswap V2 and V3 families; every other family has a list of its own.
    """

    chain_id: int
    built_block: int
    built_timestamp_s: int
    state_hash: str
    contracts: tuple[Contract, ...]
    tokens: tuple[Token, ...]
    pools: tuple[Pool, ...]
    factories: tuple[Factory, ...]
    v4_pools: tuple[V4Pool, ...] = ()
    balancer_pools: tuple[BalancerPool, ...] = ()
    algebra_pools: tuple[AlgebraPool, ...] = ()
    curve_pools: tuple[CurvePool, ...] = ()
    morpho_markets: tuple[MorphoMarket, ...] = ()

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
    manifest: Manifest = _typed(Manifest, json.loads(text))
    return manifest


def _typed(kind: Any, raw: Any) -> Any:  # noqa: ANN401 - any field, from JSON
    """`raw` as the field type `kind`: JSON knows no bytes, tuples, enums and dataclasses."""
    kind = getattr(kind, "__supertype__", kind)
    if get_origin(kind) is tuple:
        return tuple(_typed(get_args(kind)[0], entry) for entry in raw)
    if kind is bytes:
        return bytes.fromhex(raw[2:])
    if isinstance(raw, Mapping):
        hints = get_type_hints(kind)
        return kind(**{name: _typed(hints[name], entry) for name, entry in raw.items()})
    return kind(raw) if issubclass(kind, Enum) else raw
