"""The bench's pools on a chain: real code in the places it derives, holding the market's states."""

from bench.chain_pools import stand
from bench.markets import Market, generate
from keeper.collector.bootstrap import Reader
from keeper.collector.discovery import Discovery
from keeper.market.venues.uniswap_v2 import V2State
from keeper.market.venues.uniswap_v3 import V3State
from keeper.node import Node
from keeper.relay.pool_state import PoolState
from replica import launch


def agrees(state: PoolState, wanted: object) -> bool:
    if isinstance(wanted, V2State):
        return (state.reserve0, state.reserve1, state.fee_pips) == wanted
    assert isinstance(wanted, V3State)
    held = tuple(state.tick_index), tuple(state.ticks.values())
    curve = (state.sqrt_price_x96, state.tick, state.liquidity, state.fee_pips, state.tick_spacing)
    return (*curve, *held) == wanted


async def test_a_generated_market_is_read_back_from_the_chain() -> None:
    market: Market = generate(pools=300, tokens=60, seed=5)
    with launch() as replica:
        refs = stand(replica, market)
        async with await Node.connect(replica.url, expected_chain_id=137, timeout_s=30) as node:
            head = await node.block("latest")
            reader = Reader(node, refs)
            states = await reader.read(head)
            factories = list(dict.fromkeys(ref.factory for ref in refs))
            listed = await Discovery(node, reader.lens, ()).find(factories, head)
    assert set(listed) == set(refs), "factories list, or tell in events, the very pools"
    assert len({ref.address for ref in refs}) == 300
    found = {state.pool: state for state in states}
    for ref, wanted, key in zip(refs, market.states, market.pools, strict=True):
        assert agrees(found[ref.address], wanted), key
        assert (found[ref.address].token0, found[ref.address].decimals1) == (
            key.token0,
            key.decimals1,
        )
