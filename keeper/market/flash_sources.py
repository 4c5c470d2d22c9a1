"""Who lends how much of a token within one transaction, and at what price, at one block.

All of it comes from one call a block: what lenders hold, whether Aave lends at all, its premium and
Balancer's, and what the borrower holds itself. A lender that does not answer is left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from keeper.chain import FEE_DENOMINATOR_PIPS, Address
from keeper.collector import abi
from keeper.market.multicall import MULTICALL3, View, ask
from keeper.node import Node

ACTIVE, PAUSED, LENDS = 1 << 56, 1 << 60, 1 << 63
"""Bits of an Aave reserve's configuration (`ReserveConfiguration.sol`)."""

_BALANCE_OF = abi.selector("balanceOf(address)")
_CONFIGURATION = abi.selector("getConfiguration(address)")
_VIRTUAL_BALANCE = abi.selector("getVirtualUnderlyingBalance(address)")
_RESERVE = abi.selector("getReserveData(address)")
_AAVE_PREMIUM = abi.selector("FLASHLOAN_PREMIUM_TOTAL()")
_BALANCER_PREMIUM = abi.selector("getFlashLoanFeePercentage()")
_COLLECTOR = abi.selector("getProtocolFeesCollector()")
_LIQUIDITY = abi.selector("liquidity()")
_A_TOKEN_WORD = 8
_BASIS_POINTS, _E18 = 10**4, 10**18


class Lender(StrEnum):
    """Protocols that lend within a transaction."""

    UNISWAP_V4 = "uniswap_v4"
    MORPHO = "morpho"
    BALANCER_V2 = "balancer_v2"
    AAVE_V3 = "aave_v3"
    UNISWAP_V3 = "uniswap_v3"


class Premium(NamedTuple):
    """`part` / `whole` of the amount lent, rounded up, or to the nearest unit if `nearest`."""

    part: int = 0
    whole: int = 1
    nearest: bool = False

    def of(self, amount_raw: int) -> int:
        """Raw units owed beside the amount."""
        room = self.whole // 2 if self.nearest else self.whole - 1
        return (amount_raw * self.part + room) // self.whole


@dataclass(frozen=True, slots=True)
class FlashSource:
    """One lender of one token; `address` is the contract to borrow from.

    `lends_token0` says which of a Uniswap V3 pool's two tokens it is.
    """

    lender: Lender
    address: Address
    token: Address
    available_raw: int
    premium: Premium
    lends_token0: bool = False


@dataclass(frozen=True, slots=True)
class FlashPool:
    """A Uniswap V3 pool to borrow from; it takes its own fee for a loan."""

    address: Address
    token0: Address
    token1: Address
    fee_pips: int


@dataclass(frozen=True, slots=True)
class Lenders:
    """Where to ask; None for a lender that is not to be used."""

    multicall: Address = MULTICALL3
    uniswap_v4: Address | None = None
    morpho: Address | None = None
    balancer_vault: Address | None = None
    aave_pool: Address | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """`lenders`, and what never changes: who holds Aave's tokens and who sets Balancer's fee."""

    lenders: Lenders
    aave_holders: Mapping[Address, Address]
    balancer_collector: Address | None


@dataclass(frozen=True, slots=True)
class Liquidity:
    """By token: who lends it, and the raw units that the borrower holds itself, where known."""

    lent: Mapping[Address, tuple[FlashSource, ...]]
    held: Mapping[Address, int]


async def locate(
    node: Node, lenders: Lenders, tokens: Sequence[Address], block_hash: bytes
) -> Places:
    """Find what `read` needs to know, once; tokens that Aave does not list have no holder.

    Raises:
        NodeError: the node does not answer, or not as Multicall3 does.
    """
    views = [View(lenders.aave_pool, _RESERVE + _word(t)) for t in tokens if lenders.aave_pool]
    if lenders.balancer_vault:
        views.append(View(lenders.balancer_vault, _COLLECTOR))
    answers = await ask(node, lenders.multicall, views, block_hash)
    collector = answers.pop() if lenders.balancer_vault else None
    holders = {
        token: holder
        for token, answer in zip(tokens, answers, strict=False)
        if (holder := _address(answer, _A_TOKEN_WORD)) is not None
    }
    return Places(lenders, MappingProxyType(holders), _address(collector, 0))


async def read(
    node: Node,
    places: Places,
    tokens: Iterable[Address],
    block_hash: bytes,
    *,
    borrower: Address,
    v3_pools: Sequence[FlashPool] = (),
    also_held: Iterable[Address] = (),
) -> Liquidity:
    """Every token's lenders that have any of it, in one call pinned to the block.

    Of Uniswap V3 pools those named are asked; of the tokens `also_held` only what the borrower has.

    Raises:
        NodeError: the node does not answer, or not as Multicall3 does.
    """
    wanted = tuple(dict.fromkeys(tokens))
    asked = (*_views(places, wanted), *_pool_views(v3_pools, wanted))
    own = {token: _held(token, borrower) for token in (*wanted, *also_held)}
    views = tuple(dict.fromkeys((*asked, *own.values())))
    answers = await ask(node, places.lenders.multicall, views, block_hash)
    facts = {
        view: int.from_bytes(answer[: abi.WORD])
        for view, answer in zip(views, answers, strict=True)
        if answer is not None and len(answer) >= abi.WORD
    }
    lent = {
        token: (*_sources(places, token, facts), *_pool_sources(v3_pools, token, facts))
        for token in wanted
    }
    held = {token: facts[view] for token, view in own.items() if view in facts}
    return Liquidity(MappingProxyType(lent), MappingProxyType(held))


def _views(places: Places, tokens: Iterable[Address]) -> Iterator[View]:
    lenders = places.lenders
    if lenders.aave_pool:
        yield View(lenders.aave_pool, _AAVE_PREMIUM)
    if places.balancer_collector:
        yield View(places.balancer_collector, _BALANCER_PREMIUM)
    for token in tokens:
        for holder in (lenders.uniswap_v4, lenders.morpho, lenders.balancer_vault):
            if holder:
                yield _held(token, holder)
        if lenders.aave_pool and token in places.aave_holders:
            yield View(lenders.aave_pool, _CONFIGURATION + _word(token))
            yield View(lenders.aave_pool, _VIRTUAL_BALANCE + _word(token))
            yield _held(token, places.aave_holders[token])


def _pool_views(pools: Iterable[FlashPool], tokens: Iterable[Address]) -> Iterator[View]:
    for pool in pools:
        yield View(pool.address, _LIQUIDITY)
        for token in tokens:
            if token in (pool.token0, pool.token1):
                yield _held(token, pool.address)


def _sources(places: Places, token: Address, facts: Mapping[View, int]) -> Iterator[FlashSource]:
    lenders = places.lenders
    found = [
        _source(Lender.UNISWAP_V4, lenders.uniswap_v4, token, facts, Premium()),
        _source(Lender.MORPHO, lenders.morpho, token, facts, Premium()),
        _balancer(places, token, facts),
        _aave(places, token, facts),
    ]
    return (source for source in found if source is not None and source.available_raw > 0)


def _pool_sources(
    pools: Iterable[FlashPool], token: Address, facts: Mapping[View, int]
) -> Iterator[FlashSource]:
    """A pool without liquidity in range does not lend."""
    for pool in pools:
        available = facts.get(_held(token, pool.address), 0)
        is_active = facts.get(View(pool.address, _LIQUIDITY), 0) > 0
        if token in (pool.token0, pool.token1) and available and is_active:
            premium = Premium(pool.fee_pips, FEE_DENOMINATOR_PIPS)
            terms = available, premium, token == pool.token0
            yield FlashSource(Lender.UNISWAP_V3, pool.address, token, *terms)


def _source(
    lender: Lender,
    address: Address | None,
    token: Address,
    facts: Mapping[View, int],
    premium: Premium,
) -> FlashSource | None:
    """A lender of all that it holds."""
    if address is None:
        return None
    return FlashSource(lender, address, token, facts.get(_held(token, address), 0), premium)


def _balancer(places: Places, token: Address, facts: Mapping[View, int]) -> FlashSource | None:
    collector, vault = places.balancer_collector, places.lenders.balancer_vault
    share = facts.get(View(collector, _BALANCER_PREMIUM)) if collector else None
    if share is None:
        return None
    return _source(Lender.BALANCER_V2, vault, token, facts, Premium(share, _E18))


def _aave(places: Places, token: Address, facts: Mapping[View, int]) -> FlashSource | None:
    """Aave since 3.1 keeps its own count of what it holds.

    Its newest versions round the premium up, its first to the nearest unit; between them a unit
    more is reckoned than some ask for, never less.
    """
    pool, holder = places.lenders.aave_pool, places.aave_holders.get(token)
    if pool is None or holder is None:
        return None
    settings = facts.get(View(pool, _CONFIGURATION + _word(token)), 0)
    share = facts.get(View(pool, _AAVE_PREMIUM))
    if share is None or settings & (ACTIVE | PAUSED | LENDS) != ACTIVE | LENDS:
        return None
    counted = facts.get(View(pool, _VIRTUAL_BALANCE + _word(token)))
    held = facts.get(_held(token, holder), 0)
    available = held if counted is None else min(held, counted)
    premium = Premium(share, _BASIS_POINTS, nearest=counted is None)
    return FlashSource(Lender.AAVE_V3, pool, token, available, premium)


def _held(token: Address, holder: Address) -> View:
    return View(token, _BALANCE_OF + _word(holder))


def _word(address: Address) -> bytes:
    return address.rjust(abi.WORD, b"\0")


def _address(answer: bytes | None, place: int) -> Address | None:
    """The address in that word of an answer; None for nobody."""
    word = b"" if answer is None else answer[abi.WORD * place : abi.WORD * (place + 1)]
    if len(word) != abi.WORD or any(word[:12]) or not any(word):
        return None
    return Address(word[12:])
