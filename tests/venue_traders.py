"""Random trades in the venues beside Uniswap V2 and V3, and new pools, several to a block."""

import random

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from keeper.chain import Address
from replica import Replica
from replica.abi import create2_address, encode_call
from replica.demo.swaps import algebra_swap, balancer_swap, curve_swap, v4_swap
from replica.deploy import WHALE
from replica.protocols import algebra, balancer_v2, uniswap_v3, uniswap_v4
from replica.venues import NATIVE, V4Pool

FAR = 2**40
POOL_KEY = uniswap_v4.POOL_KEY


class VenueTraders:
    """Sends without mining; whoever mines calls `require_success` afterwards."""

    def __init__(self, replica: Replica, seed: int) -> None:
        self._replica, self._rng = replica, random.Random(seed)
        self._manifest = replica.manifest
        self._gas = 6_000_000
        self.sent: list[str] = []

    def trade(self) -> None:
        """One trade in each venue."""
        self.swap_curve()
        self.swap_balancer()
        self.swap_v4()
        self.swap_algebra()

    def swap_curve(self) -> None:
        pool = self._rng.choice(self._manifest.curve_pools)
        sold, bought = self._rng.sample(pool.coins, 2)
        amount = self._amount(sold, self._rng.randint(10, 20_000))
        self._order(pool.address, curve_swap(pool, sold, bought, amount, WHALE))

    def swap_balancer(self) -> None:
        for pool in self._manifest.balancer_pools:
            tokens = [token for token in pool.tokens if token != pool.address]
            paid, got = self._rng.sample(tokens, 2)
            amount = self._amount(paid, self._rng.randint(10, 5_000))
            self._order(balancer_v2.VAULT, balancer_swap(pool, paid, got, amount, WHALE))

    def change_balancer_fee(self) -> None:
        pool = self._manifest.balancer_pools[0]
        self._replica.rpc("anvil_impersonateAccount", [balancer_v2.GOVERNANCE])
        self._replica.rpc("anvil_setBalance", [balancer_v2.GOVERNANCE, hex(10**24)])
        signature = "setSwapFeePercentage(uint256)"
        fee = self._rng.randint(10**14, 10**16)
        self._send(pool.address, signature, fee, sender=balancer_v2.GOVERNANCE)

    def swap_v4(self) -> None:
        pool = self._rng.choice(self._manifest.v4_pools)
        paid, got = self._rng.sample((pool.currency0, pool.currency1), 2)
        amount = self._amount(paid, self._rng.randint(10, 20_000))
        swapper = self._manifest.contract("Uniswap V4 PoolSwapTest")
        value = amount if paid == NATIVE else 0
        self._order(swapper, v4_swap(pool, paid, got, amount, WHALE), value)

    def mint_v4(self, pool: V4Pool, lower: int, upper: int, liquidity: int) -> None:
        types = [POOL_KEY, "int24", "int24", "uint256", "uint128", "uint128", "address", "bytes"]
        most = 2**128 - 1
        mint = encode(types, [pool.key, lower, upper, liquidity, most, most, WHALE, b""])
        pair = encode(["address", "address"], [pool.currency0, pool.currency1])
        back = encode(["address", "address"], [NATIVE, WHALE])
        plan = uniswap_v4.MINT_POSITION + uniswap_v4.SETTLE_PAIR + uniswap_v4.SWEEP
        unlock = encode(["bytes", "bytes[]"], [plan, [mint, pair, back]])
        value = 10**23 if pool.currency0 == NATIVE else 0
        signature = "modifyLiquidities(bytes,uint256)"
        self._send(uniswap_v4.POSITIONS, signature, unlock, FAR, value=value)

    def swap_algebra(self) -> None:
        pool = self._rng.choice(self._manifest.algebra_pools)
        paid, got = self._rng.sample((pool.token0, pool.token1), 2)
        amount = self._amount(paid, self._rng.randint(10, 20_000))
        self._order(algebra.ROUTER, algebra_swap(paid, got, amount, WHALE))

    def create_v3(self, symbol_a: str, symbol_b: str, fee_pips: int) -> None:
        """A pool with a price and one position."""
        pair = sorted(self._manifest.token(s).address for s in (symbol_a, symbol_b))
        signature = "createAndInitializePoolIfNecessary(address,address,uint24,uint160)"
        self._send(uniswap_v3.POSITIONS, signature, *pair, fee_pips, 1 << 96)

    def create_unpriced_v3(self, symbol_a: str, symbol_b: str, fee_pips: int) -> Address:
        """A pool that `start_v3` gives a price."""
        pair = sorted(self._manifest.token(s).address for s in (symbol_a, symbol_b))
        self._send(uniswap_v3.FACTORY, "createPool(address,address,uint24)", *pair, fee_pips)
        salt = keccak(encode(["address", "address", "uint24"], [*pair, fee_pips]))
        return create2_address(uniswap_v3.FACTORY, salt, uniswap_v3.INIT_CODE_HASH)

    def start_v3(self, pool: Address) -> None:
        self._send(pool, "initialize(uint160)", 1 << 96)

    def create_v4(
        self, symbol: str, fee_pips: int, spacing: int, hooks: Address = NATIVE
    ) -> V4Pool:
        """A pool of the native coin and a token, without liquidity."""
        token = self._manifest.token(symbol).address
        key = (NATIVE, token, fee_pips, spacing, hooks)
        self._send(uniswap_v4.MANAGER, f"initialize({POOL_KEY},uint160)", key, 1 << 96)
        return V4Pool("", uniswap_v4.MANAGER, b"", *key)

    def create_pair(self, symbol_a: str, symbol_b: str, factory: Address) -> None:
        pair = [self._manifest.token(s).address for s in (symbol_a, symbol_b)]
        self._send(factory, "createPair(address,address)", *pair)

    def require_success(self) -> None:
        for sent in self.sent:
            receipt = self._replica.rpc("eth_getTransactionReceipt", [sent])
            assert receipt is not None
            assert receipt["status"] == "0x1", receipt
        self.sent.clear()

    def _amount(self, token: Address, usd: int) -> int:
        if token == NATIVE:
            return self._amount(self._manifest.token("WPOL").address, usd)
        entry = next(t for t in self._manifest.tokens if t.address == token)
        return int(usd * 10**entry.decimals / float(entry.usd_price))

    def _send(
        self, to: Address, signature: str, *args: object, value: int = 0, sender: Address = WHALE
    ) -> None:
        self._order(to, encode_call(signature, *args), value, sender)

    def _order(self, to: Address, data: bytes, value: int = 0, sender: Address = WHALE) -> None:
        self._gas += 1  # equal transactions lose their receipts after a reorganisation
        call = {
            "from": sender,
            "to": to,
            "data": data,
            "value": hex(value),
            "gas": hex(self._gas),
            "gasPrice": hex(200 * 10**9),
        }
        self.sent.append(self._replica.rpc("eth_sendTransaction", [call]))
