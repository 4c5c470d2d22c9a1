"""Seeded traders that share the blocks with the keeper and never wait for it."""

import random
import threading
from fractions import Fraction

from keeper.chain import Address
from replica import Replica
from replica.abi import address, encode_call
from replica.demo.swaps import places

TRADE_USD_DECILES = (0.03, 1.34, 3.48, 12.77, 30.62, 58.21, 86.02, 118.18, 192.77, 345.07, 1235.61)
"""Deciles of the 199 swaps in one recorded day of Uniswap V3's USDC.e/WETH 0.05 % pool on Polygon
(2021-12-22), in US dollars; sizes in between are interpolated."""

FIRST_TRADER = 4
"""Accounts before it own, guard, receive from and run the executor."""

TRADES_PER_SECOND = 6.0
TIP_RANGE_WEI = (26 * 10**9, 60 * 10**9)
"""On both sides of the keeper's own tip, so that traders land before and after it in a block."""

MAX_FEE_WEI = 500 * 10**9
GAS_LIMIT = 1_200_000
"""Of one swap; Algebra's published build is not optimised."""
UNLIMITED = 2**256 - 1


def trade_usd(rng: random.Random) -> float:
    """Draw a trade's size from the recorded distribution, in US dollars."""
    position = rng.random() * (len(TRADE_USD_DECILES) - 1)
    low, high = TRADE_USD_DECILES[int(position) : int(position) + 2]
    return low + (high - low) * (position % 1)


class Traders:
    """Swaps random amounts in random pools of every venue, as `swaps` knows them."""

    def __init__(self, replica: Replica, seed: int) -> None:
        self._replica = replica
        self._rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
        self._accounts = [address(text) for text in replica.rpc("eth_accounts")][FIRST_TRADER:]
        self._tokens = {token.address: token for token in replica.manifest.tokens}
        self._places = places(replica.manifest)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._trade, name="traders", daemon=True)
        self.sent = 0

    def approve(self) -> None:
        """Let every router pull what it sells; to be mined before the first trade."""
        pulled = {(token, place.router) for place in self._places for token in place.tokens}
        for account in self._accounts:
            for token, router in sorted(pulled):
                data = encode_call("approve(address,uint256)", router, UNLIMITED)
                self._send(account, token, data, TIP_RANGE_WEI[0])

    def start(self) -> None:
        """Begin to trade, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more; returns when the last transaction is out."""
        self._stop.set()
        self._thread.join()

    def trade_once(self) -> None:
        """Send one random swap."""
        place = self._rng.choice(self._places)
        sold, bought = self._rng.sample(place.tokens, 2)
        amount = self._raw_amount(sold, trade_usd(self._rng))
        account = self._rng.choice(self._accounts)
        data = place.call(sold, bought, amount, account)
        self._send(account, place.router, data, self._rng.randint(*TIP_RANGE_WEI))
        self.sent += 1

    def _trade(self) -> None:
        while not self._stop.wait(self._rng.expovariate(TRADES_PER_SECOND)):
            self.trade_once()

    def _raw_amount(self, token_address: Address, usd: float) -> int:
        token = self._tokens[token_address]
        return int(Fraction(usd) * 10**token.decimals / Fraction(token.usd_price)) or 1

    def _send(self, sender: Address, to: Address, data: bytes, tip_wei: int) -> None:
        transaction = {
            "from": sender,
            "to": to,
            "data": data,
            "gas": hex(GAS_LIMIT),
            "maxFeePerGas": hex(MAX_FEE_WEI),
            "maxPriorityFeePerGas": hex(tip_wei),
        }
        self._replica.rpc("eth_sendTransaction", [transaction])
