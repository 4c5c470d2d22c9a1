"""The replica with the demo's traders on it and an executor, all venues as the keeper sees them."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from itertools import count

from keeper.chain import Address, BlockRef
from keeper.collector.bootstrap import Reader
from keeper.collector.discovery import Discovery
from keeper.collector.logs import boundary_of
from keeper.config import MarketSettings
from keeper.daemons import factory_of, pool_of
from keeper.execution.directory import Directory
from keeper.gas_table import table_of
from keeper.market.state import Market
from keeper.market.view import MarketView
from keeper.node import Node, Receipt
from keeper.relay.messages import Origin, PoolReading
from keeper.strategies.base import GasQuote
from keeper.strategies.gas import gas_quote
from replica import Replica
from replica.abi import address, encode_call
from replica.contracts import deploy_executor
from replica.demo.followed import market_settings
from replica.demo.traders import Traders
from replica.deploy import WHALE
from replica.directory import directory_of
from replica.launch import DEFAULT_BASE_FEE_WEI
from replica.markets import raw_amount
from replica.rpc import RpcError
from replica.trial import mined_by_hand

TIP_WEI = 25 * 10**9
HELD_USD = 200_000
PATIENCE_S = 5.0
EXECUTOR_KEY = 3
"""The account that runs the executor; traders are those after it."""


class Crowd:
    """Blocks of seeded trades by others, and the market that each leaves."""

    def __init__(self, replica: Replica, node: Node, seed: int) -> None:
        self._replica, self.rpc, self.node = replica, replica.rpc, node
        self.manifest = replica.manifest
        self.settings = MarketSettings(**market_settings(replica.manifest))
        pools = [pool_of(entry) for entry in self.settings.pools]
        self._reader = Reader(node, pools, tokens=self.settings.tokens)
        owner, guardian, treasury, self.key = map(
            address, replica.rpc("eth_accounts")[: EXECUTOR_KEY + 1]
        )
        pools_listed, pairs_listed = directory_of(replica.manifest)
        self.directory = Directory.of(pools_listed, pairs_listed)
        self.executor = deploy_executor(
            replica.rpc,
            owner,
            guardian=guardian,
            treasury=treasury,
            aave_pool=replica.manifest.aave_pool,
            executors=[self.key],
            pools=pools_listed,
            pairs=pairs_listed,
        )
        self.held: dict[Address, int] = {}
        self._traders = Traders(replica, seed)
        self._traders.approve()
        self._await_mined()

    def fill(self) -> None:
        """Give the executor capital of every token: none of its slots is at zero either."""
        self.rpc("anvil_impersonateAccount", [WHALE])
        self.rpc("anvil_setBalance", [WHALE, hex(10**24)])
        for token in self.manifest.tokens:
            self.held[token.address] = raw_amount(token, HELD_USD)
            data = encode_call("transfer(address,uint256)", self.executor, self.held[token.address])
            self.rpc("eth_sendTransaction", [{"from": WHALE, "to": token.address, "data": data}])
        self._await_mined()

    async def discover(self) -> None:
        """Find every pool that stands now, and on which chain."""
        head = await self.node.block("latest")
        discovery = Discovery(self.node, self._reader.lens, self.settings.tokens)
        factories = [factory_of(entry) for entry in self.settings.factories]
        for ref in await discovery.find(factories, head):
            self._reader.refs.setdefault(ref.address, ref)
        self._table = table_of(await self.node.chain_instance())

    def trade(self, trades: int) -> None:
        """One block with so many trades."""
        with mined_by_hand(self.rpc):
            for _ in range(trades):
                # a node that took blocks back now and then refuses a trade: it counts one twice
                with suppress(RpcError):
                    self._traders.trade_once()
            self.rpc("anvil_setNextBlockBaseFeePerGas", [hex(DEFAULT_BASE_FEE_WEI)])
            self.rpc("evm_mine")
            self._await_mined()

    def _await_mined(self) -> None:
        """What is mined leaves the pool a moment later, and until then upsets the next nonces."""
        give_up_s = time.monotonic() + PATIENCE_S
        while int(self.rpc("txpool_status")["pending"], 16):
            if time.monotonic() > give_up_s:  # under load the node now and then forgets to mine
                self.rpc("evm_mine")
            time.sleep(0.002)

    async def view(self) -> MarketView:
        """Every pool as it is at the head."""
        market, sequence = Market(self.settings.usd_tokens), count()
        head = await self.node.block("latest")
        for state in await self._reader.read(head):
            parts = (state,) if isinstance(state, PoolReading) else state.snapshot(_origin(head, 0))
            for part in parts:
                market.apply(replace(part, origin=_origin(head, next(sequence))))
        view = market.apply(boundary_of(head).make(_origin(head, next(sequence))))
        assert view is not None
        return view

    async def receipt(self, sent: str) -> Receipt:
        """The receipt of a transaction that is mined at once."""
        self.rpc("evm_mine")
        self._replica.receipt(sent)
        receipt = await self.node.receipt(bytes.fromhex(sent[2:]))
        assert receipt is not None
        return receipt

    def quote(self, view: MarketView) -> GasQuote:
        """The price of gas in the view's block."""
        price_wei = view.block.base_fee_wei + TIP_WEI
        quote = gas_quote(view, price_wei, self.settings.wrapped_native, self._table)
        assert quote is not None
        return quote


def _origin(block: BlockRef, sequence: int) -> Origin:
    return Origin(1, sequence, 137, block.number, block.hash, 0, 0, 1, 2)


@asynccontextmanager
async def open_crowd(replica: Replica, seed: int) -> AsyncIterator[Crowd]:
    """A crowd on the replica, every pool of which is known."""
    async with await Node.connect(replica.url, expected_chain_id=replica.manifest.chain_id) as node:
        crowd = Crowd(replica, node, seed)
        await crowd.discover()
        yield crowd
