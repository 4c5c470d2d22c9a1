"""More tokens and pairs on the replica, and baskets and long paths over them, to the wei."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from itertools import pairwise

from collector_world import factories
from prediction_world import MAX_FEE_WEI, PROFIT_TOKENS, TIP_WEI, Arena, Execution
from replica_calls import compiled, read

from keeper.chain import Address
from keeper.collector.bootstrap import Reader
from keeper.collector.discovery import Discovery
from keeper.execution.outcomes import balance_change
from keeper.execution.program import Funding, encode_basket, encode_program
from keeper.gas_table import ETHEREUM
from keeper.market.view import MarketView
from keeper.node import Node
from keeper.strategies import registry
from keeper.strategies.base import StrategySettings
from keeper.strategies.gas import gas_quote
from keeper.strategies.opportunity import Opportunity
from replica import Replica
from replica.abi import address, encode_call
from replica.deploy import WHALE
from replica.protocols.uniswap_v2 import VENUES, Venue
from replica.trial import mined_by_hand, taken_back

TOKENS = 12
SIDE_USD = 60_000
STEP = 1.01
"""Each further token is cheaper by so much from its neighbour than from the dollar."""
SWAP = "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)"
FAR = 2**40
PLAIN_TOKEN = """
contract Plain {
    uint8 public immutable decimals;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    event Transfer(address indexed from, address indexed to, uint256 value);
    constructor(uint8 decimals_, address holder) {
        decimals = decimals_;
        balanceOf[holder] = 2**100;
    }
    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }
    function transfer(address to, uint256 amount) external returns (bool) {
        return move(msg.sender, to, amount);
    }
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        return move(from, to, amount);
    }
    function move(address from, address to, uint256 amount) private returns (bool) {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
        return true;
    }
}
"""


class BasketArena(Arena):
    """The arena with `TOKENS` further tokens, paired with WPOL, USDC.e and one another."""

    def __init__(self, replica: Replica, node: Node, reader: Reader, seed: int) -> None:
        super().__init__(replica, node, reader, seed)
        self._fresh = [self._token(18 if number % 2 else 6) for number in range(TOKENS)]
        self._raw_usd = {
            token: 10**decimals
            for token, decimals in zip(self._fresh, (6, 18) * (TOKENS // 2), strict=True)
        }
        for symbol in ("WPOL", "USDC.e"):
            entry = replica.manifest.token(symbol)
            self._raw_usd[entry.address] = int(10**entry.decimals / float(entry.usd_price))
        self.pairs: list[tuple[Venue, Address, Address]] = []
        quick, uniswap = VENUES
        wpol, usd = (replica.manifest.token(symbol).address for symbol in ("WPOL", "USDC.e"))
        for token in self._fresh:
            self._pair(quick, token, wpol, 1.0)
            self._pair(uniswap, token, usd, 1.0)
        for token, after in pairwise(self._fresh):
            self._pair(quick, token, after, STEP)
        for venue, *tokens in self.pairs:
            for token in tokens:
                self._whale(token, "approve(address,uint256)", venue.router, 2**255)
        settings = StrategySettings(
            tuple(replica.manifest.token(symbol).address for symbol in PROFIT_TOKENS)
        )
        self._baskets = registry.create(("basket",), settings)
        self._paths = registry.create(("long_path",), settings)

    @property
    def fresh_tokens(self) -> Sequence[Address]:
        return self._fresh

    async def read(self) -> None:
        self._base = await self._node.block("latest")
        self._states = await self._reader.read(self._base)
        assert len(self._states) == len(self._replica.manifest.pools) + len(self.pairs)

    @contextmanager
    def market(self) -> Iterator[None]:
        """A block of random trades in the further pairs; taken back at the end."""
        with taken_back(self._replica.rpc):
            with mined_by_hand(self._replica.rpc):
                for venue, *pair in self.rng.sample(self.pairs, self.rng.randint(1, 8)):
                    way = pair if self.rng.random() < 0.5 else pair[::-1]
                    amount = self._raw_usd[way[0]] * self.rng.randint(50, 2_000)
                    self._post(venue.router, SWAP, amount, 0, list(way), WHALE, FAR)
                self._replica.rpc("evm_mine")
            yield

    def baskets(self, view: MarketView) -> list[Opportunity]:
        """What the basket strategy takes of this market."""
        return self._found(view, self._baskets)

    def paths(self, view: MarketView) -> list[Opportunity]:
        """The long paths of this market."""
        return self._found(view, self._paths)

    def _found(
        self, view: MarketView, strategies: Sequence[registry.Strategy]
    ) -> list[Opportunity]:
        quote = gas_quote(view, view.block.base_fee_wei + TIP_WEI, self._wpol, ETHEREUM)
        assert quote is not None
        return [item for s in strategies for item in s.evaluate(view, quote).opportunities]

    async def run(self, opportunity: Opportunity, funding: Funding, view: MarketView) -> Execution:
        """Send the program of a basket or a chain, and measure what it earned."""
        executor = self._rich if funding is Funding.OWN_CAPITAL else self._poor
        token = opportunity.profit_token
        terms = {
            "funding": funding,
            "profit_token": token,
            "min_profit_raw": opportunity.profit_raw,
            "deadline_block": view.block.number + 100,
            "max_base_fee_wei": MAX_FEE_WEI,
        }
        if opportunity.is_chain and funding is Funding.FLASH_SWAP:
            program = encode_program(opportunity.legs, **terms)
        else:
            program = encode_basket(opportunity.legs, loans=opportunity.loans, **terms)
        before = self._balance(token, executor)
        self._gas_limit = max(self._gas_limit, 20_000_000)
        receipt = await self._node.receipt(self._send(executor, program))
        assert receipt is not None
        return Execution(
            opportunity,
            funding,
            receipt,
            held_raw=self._balance(token, executor) - before,
            logged_raw=balance_change(receipt.logs, token, executor),
            crossings=0,
        )

    def _token(self, decimals: int) -> Address:
        code = compiled("pragma solidity 0.8.30;" + PLAIN_TOKEN, "Plain")
        arguments = decimals.to_bytes(32, "big") + WHALE.rjust(32, b"\0")
        order = {"from": WHALE, "data": code + arguments, "gas": hex(2_000_000)}
        sent = self._replica.rpc("eth_sendTransaction", [order])
        return address(self._replica.receipt(sent)["contractAddress"])

    def _pair(self, venue: Venue, token: Address, other: Address, dearer: float) -> None:
        """A pair in which `token` is worth `dearer` times what it is worth in dollars."""
        self._whale(venue.factory, "createPair(address,address)", token, other)
        arguments = (["address"], token, other)
        (pair,) = read(self._replica, venue.factory, "getPair(address,address)", *arguments)
        for each, share in ((token, 1.0), (other, dearer)):
            amount = int(self._raw_usd[each] * SIDE_USD * share)
            self._whale(each, "transfer(address,uint256)", address(pair), amount)
        self._whale(address(pair), "mint(address)", WHALE)
        self.pairs.append((venue, token, other))

    def _whale(self, to: Address, signature: str, *args: object) -> None:
        assert self._replica.receipt(self._post(to, signature, *args))["status"] == "0x1"

    def _post(self, to: Address, signature: str, *args: object) -> str:
        self._gas_limit += 1
        order = {"from": WHALE, "to": to, "data": encode_call(signature, *args)}
        sent: str = self._replica.rpc(
            "eth_sendTransaction", [order | {"gas": hex(self._gas_limit)}]
        )
        return sent


@asynccontextmanager
async def basket_arena(replica: Replica, seed: int) -> AsyncIterator[BasketArena]:
    """An arena whose further pairs stand and whose base state is known."""
    manifest = replica.manifest
    async with await Node.connect(replica.url, expected_chain_id=manifest.chain_id) as node:
        reader = Reader(node, ())
        made = BasketArena(replica, node, reader, seed)
        head = await node.block("latest")
        tokens = [*(token.address for token in manifest.tokens), *made.fresh_tokens]
        found = await Discovery(node, reader.lens, tokens).find(factories(manifest), head)
        reader.refs |= {ref.address: ref for ref in found}
        await made.read()
        yield made
