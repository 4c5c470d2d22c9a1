"""One world and its model with markets of every kind between WPOL and one odd token."""

import twin_markets
from eth_utils.crypto import keccak
from executor_model import Model
from executor_world import OWNER, STRANGER, hexed, rich_world
from hostile_world import TOKENS
from model_pools import CurvePool, Ledger, Manager, Pair, Vault
from odd_markets import create_pair
from twin_markets import Market, sides
from twins import LISTING, MANAGER, MORPHO, VAULT, Twins

from keeper.chain import Address
from replica.contracts import compile_contract
from replica.deploy import WHALE
from replica.manifest import Token

HELD = 10**21
PLENTY = 10**26


class OddTwins(Twins):
    """Twins of one world: what a contract does with an odd token, no model can say."""

    odd: Address

    def raw(self) -> int:
        """The odd token's own entry for the executor, whatever it reports."""
        slot = int.from_bytes(keccak(bytes(12) + self.model.executor + bytes(32)), "big")
        return self.worlds[0].evm.storage(hexed(self.odd), slot)


def odd_twins(kind: str) -> OddTwins:
    """A new world with a token of that kind, unarmed, which whale, executor and lenders hold."""
    world = rich_world()
    odd = world.deploy(compile_contract(f"{TOKENS}:{kind}").creation_code)
    holders = {WHALE: PLENTY, world.executor: HELD, MORPHO: PLENTY, VAULT: PLENTY, MANAGER: PLENTY}
    for holder, amount in holders.items():
        world.do(STRANGER, odd, "mint(address,uint256)", holder, amount)
    wpol = world.manifest.token("WPOL")
    both = (wpol, Token("ODD", odd, wpol.decimals, wpol.usd_price))
    approvals = ("Permit2", "Uniswap V4 PoolSwapTest", "SwapRouter02", "Balancer Vault")
    for name in approvals:
        where = world.manifest.contract(name)
        world.do(WHALE, odd, "approve(address,uint256)", where, 2**255)
    permit = "approve(address,address,uint160,uint48)"
    permit2, positions = (
        world.manifest.contract(n) for n in ("Permit2", "Uniswap V4 PositionManager")
    )
    world.do(WHALE, permit2, permit, odd, positions, 2**160 - 1, 2**48 - 1)
    manager, vault = Manager(MANAGER, {}), Vault(VAULT, {})
    found = create_pair(world, "quickswap-v2", sides(both))
    held = [world.balance(token, found.address) for token in (found.token0, found.token1)]
    pair = Pair(found.address, found.token0, found.token1, (held[0], held[1]))
    markets = [
        Market("v2", pair),
        twin_markets.v3(world, both),
        twin_markets.algebra(world, both),
        twin_markets.curve(world, both),
        twin_markets.v4(world, manager, both),
        twin_markets.balancer(world, vault, both),
    ]
    tokens = [wpol.address, odd]
    pools = {m.pool.address: m.pool for m in markets if not isinstance(m.pool, Manager | Vault)}
    for where, pool in pools.items():
        if isinstance(pool, CurvePool):
            world.do(OWNER, world.executor, LISTING, where, True)
    everyone = [world.executor, MANAGER, VAULT, MORPHO, *pools]
    ledger = Ledger(
        {(token, who): world.balance(token, who) for token in tokens for who in everyone},
        {*tokens, pair.address},
    )
    leads = {"wpol": wpol.address}
    model = Model(
        world.executor, ledger, pools, leads, manager, vault, MORPHO, {}, set(pools), set()
    )
    twins = OddTwins((world,), markets, model, tokens, WHALE, everyone)
    twins.odd = odd
    twins.list_markets()
    return twins
