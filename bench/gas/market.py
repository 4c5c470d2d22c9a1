"""What every contender runs on: the replica with more pairs, one gap a venue, in steady state.

All pools have been swapped in; executor, yardstick, trader and routers hold some of every token,
and what they must approve is approved. Traces run on the state without changing it, so that every
figure is of the same state.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from keeper.chain import Address, Protocol
from keeper.execution.directory import NO_DIRECTORY, Directory
from keeper.execution.program import LendingPool
from keeper.execution.program_table import DIRECTORY_PAIRS, DIRECTORY_POOLS
from keeper.strategies.opportunity import Leg
from replica.anvil import Anvil
from replica.build import BLOCK_INTERVAL_S, build
from replica.contracts import Artifact, compile_executor, compile_reference, deploy_executor
from replica.deploy import WHALE, Site, own_place
from replica.manifest import Manifest, Pool, Token
from replica.markets import DAI, USDC, USDC_E, USDT, WBTC, WETH, WPOL, V2Market, raw_amount
from replica.protocols.uniswap_v2 import VENUES, open_pair
from replica.rpc import Json

MORE_PAIRS = (
    *((WPOL, other) for other in (USDT, WBTC, DAI)),
    *((USDC_E, other) for other in (USDC, USDT, WBTC, DAI)),
    *((WETH, other) for other in (USDC, USDT)),
    *((DAI, USDT), (WBTC, USDC)),
)
"""Pairs of the second V2 venue, so that one router can run its longest cycles there."""
SIDE_USD = 300_000
ROUTE_USD = 500
HELD_USD = 50_000
DUST_RAW = 1_000
"""What routers hold of each token: as on a busy chain, none of their slots is at zero."""
MAX = 2**256 - 1
MAX_PERMIT, MAX_EXPIRY = 2**160 - 1, 2**48 - 1

OWNER, GUARDIAN, TREASURY = (own_place(f"bench {role}") for role in ("owner", "guardian", "safe"))
TRADER = own_place("bench trader")
YARDSTICK = own_place("bench yardstick")
"""Where the yardsticks and the plain loan receivers stand in turn, each put there as code."""
V2, V3 = Protocol.UNISWAP_V2, Protocol.UNISWAP_V3
FAMILIES = {"v2": (V2, V2), "v3": (V3, V3), "mixed": (V2, V3)}
"""The protocols that take turns in each family of routes."""
LISTED = {V3: DIRECTORY_POOLS, V2: DIRECTORY_PAIRS}
"""Whose pools directories list, and how many."""
HOPS = (2, 3, 4, 6, 8, 10, 12)
ROUTERS = ("Uniswap V2 router", "SwapRouter02", "UniversalRouter")
AGREES = bytes.fromhex("60015f5260205ff3")
"""Code that answers true to everything."""
LENDERS = ("Aave Pool", "Morpho Blue")


@dataclass(frozen=True, slots=True)
class Route:
    """A profitable cycle, or a basket: its pools and the exact legs through them.

    `lender` is a Uniswap V3 pool outside a cycle that can lend its capital, `directory` that of the
    executor which is to run it.
    """

    pools: tuple[Pool, ...]
    legs: tuple[Leg, ...]
    lender: LendingPool | None = None
    directory: Directory = NO_DIRECTORY

    @property
    def capital_raw(self) -> int:
        """Raw units of the profit token that the legs take in."""
        token = self.legs[0].token_in
        return sum(leg.amount_in_raw for leg in self.legs if leg.token_in == token)

    @property
    def profit_raw(self) -> int:
        """Raw units gained of the profit token."""
        token = self.legs[0].token_in
        made = sum(leg.amount_out_raw for leg in self.legs if leg.token_out == token)
        return made - self.capital_raw


class World:
    """One chain in which the pools `first` each give more for `profit` than they should."""

    def __init__(self, anvil: Anvil, manifest: Manifest, profit: Token) -> None:
        self.rpc = anvil.rpc
        self.manifest = manifest
        self.profit = profit
        self._site = Site(anvil.rpc)
        market = (V2Market(*pair, SIDE_USD) for pair in MORE_PAIRS)
        self.pools = (*manifest.pools, *(open_pair(self._site, VENUES[1], of) for of in market))
        pair = (WPOL.symbol, WETH.symbol) if profit == WPOL else (USDC_E.symbol, WETH.symbol)
        self.first = {
            Protocol.UNISWAP_V2: manifest.pool("uniswap-v2", *pair),
            Protocol.UNISWAP_V3: manifest.pool("uniswap-v3", *pair, 3000),
        }
        for pool in self.first.values():
            self._cheapen(pool)
        self.listed = tuple(_of_kind(self.pools, kind, most) for kind, most in LISTED.items())
        self.executor, self.reference = map(self._deploy, (compile_executor(), compile_reference()))
        self._equip()
        self.rpc("evm_mine")  # in a new second, so that pools write their observations

    # -------------------------------------------------------------------------------- the state

    def _cheapen(self, pool: Pool) -> None:
        """Trade the other way first, so that `pool` gives a tenth or more too much."""
        paid = other(pool, self.profit.address)
        site, got = self._site, self.profit.address
        if pool.protocol is Protocol.UNISWAP_V2:
            amount = self.balance(paid, pool.address) // 14
            router = self.manifest.contract("Uniswap V2 router")
            signature = "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)"
            site.send(WHALE, router, signature, amount, 0, [paid, got], WHALE, MAX)
            return
        price = self.rpc.read(pool.address, "slot0()", ["uint160"])[0]
        limit = price * 95 // 100 if paid == pool.token0 else price * 105 // 100
        order = (paid, got, pool.fee_pips, WHALE, self.balance(paid, WHALE) // 2, 0, limit)
        signature = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))"
        site.send(WHALE, self.manifest.contract("SwapRouter02"), signature, order)

    def _deploy(self, artifact: Artifact) -> Address:
        return deploy_executor(
            self._free,
            OWNER,
            guardian=GUARDIAN,
            treasury=TREASURY,
            aave_pool=self.manifest.aave_pool,
            executors=[TRADER],
            pools=self.listed[0],
            pairs=self.listed[1],
            artifact=artifact,
        )

    def _equip(self) -> None:
        """Give everyone some of every token, and the approvals that are given once for all."""
        routers = [self.manifest.contract(name) for name in ROUTERS]
        transfer, approve = "transfer(address,uint256)", "approve(address,uint256)"
        for token in self.manifest.tokens:
            for holder in (self.executor, self.reference, YARDSTICK, TRADER):
                amount = raw_amount(token, HELD_USD)
                self._site.send(WHALE, token.address, transfer, holder, amount)
            for router in routers:
                self._site.send(WHALE, token.address, transfer, router, DUST_RAW)
        profit, permit2 = self.profit.address, self.manifest.contract("Permit2")
        for spender in (*routers[:2], permit2):
            self._site.send(TRADER, profit, approve, spender, MAX)
        signature = "approve(address,address,uint160,uint48)"
        self._site.send(TRADER, permit2, signature, profit, routers[2], MAX_PERMIT, MAX_EXPIRY)
        for lender in LENDERS:
            spender = self.manifest.contract(lender)
            self._site.send(YARDSTICK, profit, approve, spender, MAX)
        # a first loan writes slots that every later one finds written
        signature = "flashLoanSimple(address,address,uint256,bytes,uint16)"
        loan = (YARDSTICK, profit, raw_amount(self.profit, ROUTE_USD), b"", 0)
        self.stand(AGREES)
        self._site.send(TRADER, self.manifest.aave_pool, signature, *loan)

    def _free(self, method: str, params: list[Any]) -> Json:
        """A call to the node; transactions pay nothing, as all that the site sends."""
        if method == "eth_sendTransaction":
            params = [params[0] | {"gasPrice": "0x0"}]
        return self.rpc(method, params)

    def stand(self, code: bytes) -> Address:
        """Put code in the yardsticks' place."""
        self.rpc("anvil_setCode", [YARDSTICK, code])
        return YARDSTICK

    @property
    def directory(self) -> Directory:
        """Of the executor, and of the reference."""
        return Directory.of(*self.listed)

    def balance(self, token: Address, holder: Address) -> int:
        """Raw units that someone holds."""
        amount: int = self.rpc.read(token, "balanceOf(address)", ["uint256"], holder)[0]
        return amount

    # ----------------------------------------------------------------------------------- routes

    def route(self, family: str, hops: int) -> Route:
        """The family's cycle of so many distinct pools, the first of them the one that pays."""
        protocols = [FAMILIES[family][place % 2] for place in range(hops)]
        first = self.first[protocols[0]]
        v2 = "quickswap-v2" if (family, hops) == ("v2", 2) else "uniswap-v2"
        usable = [p for p in self.pools if p.venue in (v2, "uniswap-v3")]
        usable = [p for p in usable if p not in self.first.values()]
        start = self.profit.address
        trails = _trails([first], [start, other(first, start)], usable, protocols)
        pools = next(trails, None)
        if pools is None:
            raise LookupError(f"no {family} cycle of {hops} pools from {self.profit.symbol}")
        legs = self._legs(pools)
        if legs[-1].amount_out_raw <= legs[0].amount_in_raw:
            raise LookupError(f"the {family} cycle of {hops} pools does not pay")
        return Route(pools, legs, self._lender(pools), self.directory)

    def _lender(self, pools: Sequence[Pool]) -> LendingPool | None:
        token = self.profit.address
        usable = (
            LendingPool(pool.address, pool.fee_pips, pool.token0 == token)
            for pool in self.manifest.pools
            if pool.protocol is V3 and pool not in pools and token in (pool.token0, pool.token1)
        )
        return next(usable, None)

    def _legs(self, pools: Sequence[Pool]) -> tuple[Leg, ...]:
        token, amount = self.profit.address, raw_amount(self.profit, ROUTE_USD)
        legs = []
        for pool in pools:
            out, token_out = self.quote(pool, token, amount), other(pool, token)
            order = (token == pool.token0, token, token_out, amount, out)
            legs.append(Leg(pool.address, pool.protocol, *order))
            token, amount = token_out, out
        return tuple(legs)

    def quote(self, pool: Pool, token_in: Address, amount_in: int) -> int:
        """Exact output, by the protocol's own periphery."""
        if pool.protocol is Protocol.UNISWAP_V2:
            reserves = self.rpc.read(pool.address, "getReserves()", ["uint112", "uint112"])
            into, out = reserves if token_in == pool.token0 else reversed(reserves)
            router = self.manifest.contract("Uniswap V2 router")
            signature = "getAmountOut(uint256,uint256,uint256)"
            quoted = self.rpc.read(router, signature, ["uint256"], amount_in, into, out)
        else:
            order = (token_in, other(pool, token_in), amount_in, pool.fee_pips, 0)
            signature = "quoteExactInputSingle((address,address,uint256,uint24,uint160))"
            quoter = self.manifest.contract("QuoterV2")
            quoted = self.rpc.read(quoter, signature, ["uint256"], order)
        return int(quoted[0])


def other(pool: Pool, token: Address) -> Address:
    """The pool's other token."""
    return pool.token1 if token == pool.token0 else pool.token0


def _of_kind(pools: Sequence[Pool], kind: Protocol, most: int) -> list[Address]:
    return [pool.address for pool in pools if pool.protocol is kind][:most]


def _trails(
    pools: list[Pool], tokens: list[Address], usable: list[Pool], protocols: Sequence[Protocol]
) -> Iterator[tuple[Pool, ...]]:
    """Cycles of distinct pools that begin with `pools`; new tokens are tried before old ones."""
    if len(pools) == len(protocols):
        if tokens[-1] == tokens[0]:
            yield tuple(pools)
        return
    held = tokens[-1]
    free = [
        pool
        for pool in usable
        if held in (pool.token0, pool.token1)
        and pool not in pools
        and pool.protocol is protocols[len(pools)]
    ]
    for pool in sorted(free, key=lambda pool: tokens.count(other(pool, held))):
        grown = ([*pools, pool], [*tokens, other(pool, held)])
        yield from _trails(*grown, usable, protocols)


@contextmanager
def open_world(profit: Token) -> Iterator[World]:
    """A chain of its own for routes that start and end in `profit`."""
    built = build()
    options = ["--load-state", str(built.state_path), "--auto-impersonate", "--order", "fifo"]
    options += ["--timestamp", str(built.manifest.built_timestamp_s), "--gas-price", "0"]
    options += ["--block-base-fee-per-gas", "0", "--disable-min-priority-fee"]
    options.append("--disable-code-size-limit")
    anvil = Anvil(0, options)
    try:
        anvil.rpc("anvil_setBlockTimestampInterval", [BLOCK_INTERVAL_S])
        yield World(anvil, built.manifest, profit)
    finally:
        anvil.stop()
