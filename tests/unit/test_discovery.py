"""Pools found by asking, by lists and by events, kept between runs; factories' code is checked."""

from dataclasses import replace
from pathlib import Path

import pytest
from collector_world import all_factories, named_pools, tokens
from eth_utils.crypto import keccak
from venue_traders import VenueTraders

from keeper.chain import Address, Protocol
from keeper.collector.bootstrap import Reader
from keeper.collector.cache import PoolCache
from keeper.collector.creations import V4_CREATED, created
from keeper.collector.discovery import Discovery
from keeper.collector.lens import Lens
from keeper.collector.origins import Factory, PoolRef
from keeper.node import BadAnswer, Node
from replica import Replica
from replica.protocols import algebra
from replica.venues import NATIVE


def of(replica: Replica, protocol: Protocol) -> Factory:
    return next(f for f in all_factories(replica.manifest) if f.protocol is protocol)


async def find(node: Node, factory: Factory, wanted: tuple[Address, ...]) -> set[Address]:
    found = await Discovery(node, Lens(node), wanted).find([factory], await node.block("latest"))
    return {ref.address for ref in found}


async def test_asked_and_listed_pools_are_the_same(node: Node, chain: Replica) -> None:
    factory = of(chain, Protocol.UNISWAP_V2)
    own = {p.address for p in chain.manifest.pools if p.factory == factory.address}
    assert await find(node, factory, tokens(chain.manifest)) == own
    assert await find(node, factory, ()) == own


async def test_algebra_pools_derive_from_the_deployer(node: Node, chain: Replica) -> None:
    factory = of(chain, Protocol.ALGEBRA_V1)
    own = {pool.address for pool in chain.manifest.algebra_pools}
    assert await find(node, factory, tokens(chain.manifest)) == own
    head = await node.block("latest")
    for deployer, readable in ((algebra.DEPLOYER, len(own)), (None, 0)):
        maker = replace(factory, deployer=deployer)
        states = await Reader(node, [PoolRef(pool, maker) for pool in own]).read(head)
        assert len(states) == readable


async def test_events_tell_of_new_pools_between_the_tokens(node: Node, chain: Replica) -> None:
    venues, factory = VenueTraders(chain, seed=31), of(chain, Protocol.UNISWAP_V4)
    chain.rpc("anvil_impersonateAccount", ["0x00000000000000000000000000000000000a1fa1"])
    chain.rpc("anvil_setBalance", ["0x00000000000000000000000000000000000a1fa1", hex(10**24)])
    for symbol in ("WETH", "USDC"):
        venues.create_v4(symbol, 1_234, 7)
    chain.rpc("evm_mine")
    venues.require_success()
    wanted = (*tokens(chain.manifest, "WETH"), NATIVE)
    assert len(await find(node, factory, wanted)) == 1
    assert len(await find(node, factory, ())) == 2
    head = await node.block("latest")
    logs = await node.logs_between(0, head.number, [factory.address], [V4_CREATED])
    told = [created(log, factory, wanted) for log in logs]
    assert [ref is None for ref in told] == [False, True], "as blocks bring them, too"


async def test_only_a_factorys_own_balancer_pools_are_genuine(node: Node, chain: Replica) -> None:
    refs = [r for r in named_pools(chain.manifest) if "BALANCER" in r.factory.protocol.name]
    head = await node.block("latest")
    discovery = Discovery(node, Lens(node), ())
    assert await discovery.genuine(refs, head.hash) == refs
    makers = {ref.factory for ref in refs}
    swapped = [PoolRef(r.address, next(iter(makers - {r.factory}))) for r in refs]
    assert await discovery.genuine(swapped, head.hash) == []


async def test_other_code_at_a_factorys_address_is_refused(node: Node, chain: Replica) -> None:
    factory = of(chain, Protocol.UNISWAP_V2)
    code = await node.code(factory.address)
    assert await find(node, replace(factory, code_hash=keccak(code)), ())
    chain.rpc("anvil_setCode", [factory.address, code + b"\0"])
    with pytest.raises(BadAnswer, match="has other code at 0x"):
        await find(node, replace(factory, code_hash=keccak(code)), ())


async def test_a_kept_pool_is_found_again(node: Node, chain: Replica, tmp_path: Path) -> None:
    factories, path = all_factories(chain.manifest), tmp_path / "run" / "pools.json"
    wanted = tokens(chain.manifest)
    refs = [ref for ref in named_pools(chain.manifest) if ref.factory in factories]
    cache = PoolCache(path, factories, wanted)
    assert await cache.load(node) == ([], 0)
    head = await node.block("latest")
    cache.save(refs, head)
    assert await PoolCache(path, factories, wanted).load(node) == (refs, head.number + 1)
    for other in (PoolCache(path, factories[1:], wanted), PoolCache(path, factories, wanted[1:])):
        assert await other.load(node) == ([], 0)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"version": 1}', "\0", '{"pools": [[1]]}'])
async def test_a_broken_file_is_no_fault(
    node: Node, chain: Replica, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "pools.json"
    path.write_text(text)
    assert await PoolCache(path, all_factories(chain.manifest), ()).load(node) == ([], 0)


async def test_pools_of_a_chain_that_took_another_way_are_not_believed(
    node: Node, chain: Replica, tmp_path: Path
) -> None:
    factories = all_factories(chain.manifest)
    refs = [ref for ref in named_pools(chain.manifest) if ref.factory in factories]
    cache = PoolCache(tmp_path / "pools.json", factories, ())
    chain.rpc("evm_mine")
    cache.save(refs, await node.block("latest"))
    chain.rpc("anvil_reorg", [1, []])
    assert await cache.load(node) == ([], 0)
