"""Model pools: what the protocols do to balances, in Python integers and nothing else.

Each is one market of two tokens. `swap` moves tokens in the ledger as the real contract does, in
its order, and calls `callback` where the contract calls its caller back.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from keeper.chain import Address

NATIVE = Address(bytes(20))
Q96 = 1 << 96
PIPS = 1_000_000
MIN_SQRT, MAX_SQRT = 4295128739, 1461446703485210103287273052203988822378723970342
Callback = Callable[[int], None]
"""Takes what the pool asks for, zero where it says nothing of the kind."""


class Reverted(Exception):  # noqa: N818 - what an EVM call does, not a fault of the model's
    """The run reverts; `reason` is the executor's own error, or `HopFailed` for a pool's."""

    def __init__(self, reason: str = "HopFailed") -> None:
        super().__init__(reason)
        self.reason = reason


def require(condition: bool, reason: str = "HopFailed") -> None:
    """Revert unless the condition holds."""
    if not condition:
        raise Reverted(reason)


@dataclass
class Ledger:
    """Who holds what, raw units; tokens here are plain ones."""

    balances: dict[tuple[Address, Address], int]
    tokens: set[Address]
    """Accounts that are tokens."""
    generous: set[Address] = field(default_factory=set)
    """Tokens that can be sent to the zero address."""
    others: set[Address] = field(default_factory=set)
    """Accounts that have code and are no tokens."""

    def of(self, token: Address, holder: Address) -> int:
        """The holder's balance."""
        return self.balances.get((token, holder), 0)

    def move(self, token: Address, source: Address, target: Address, amount: int) -> None:
        """A transfer; too much reverts, and so does one to nobody."""
        require(token in self.tokens)
        require(target != NATIVE or token in self.generous)
        require(self.of(token, source) >= amount)
        self.add(token, source, -amount)
        self.add(token, target, amount)

    def add(self, token: Address, holder: Address, amount: int) -> None:
        """Tokens that come from outside the model, or leave it."""
        self.balances[token, holder] = self.of(token, holder) + amount


def product(reserves: tuple[int, int], zero_for_one: bool, amount_in: int) -> int:
    """Output of a constant product with a fee of 0.3 %."""
    into, out = reserves if zero_for_one else reserves[::-1]
    return amount_in * 997 * out // (into * 1000 + amount_in * 997)


@dataclass
class Pair:
    """A Uniswap V2 pair: judges its balances at the end of `swap`."""

    address: Address
    token0: Address
    token1: Address
    reserves: tuple[int, int]
    locked: bool = False

    def quote(self, _ledger: Ledger, zero_for_one: bool, amount_in: int) -> int:
        """Output for an exact input."""
        return product(self.reserves, zero_for_one, amount_in)

    def swap(
        self, ledger: Ledger, outs: tuple[int, int], to: Address, callback: Callback | None
    ) -> None:
        """Send `outs` to `to`, call back, and accept what has arrived if the product holds."""
        require(not self.locked)
        require(outs[0] > 0 or outs[1] > 0)
        require(outs[0] < self.reserves[0] and outs[1] < self.reserves[1])
        require(to not in (self.token0, self.token1))
        self.locked = True
        tokens = (self.token0, self.token1)
        for token, out in zip(tokens, outs, strict=True):
            if out:
                ledger.move(token, self.address, to, out)
        if callback:
            callback(0)
        held = (ledger.of(tokens[0], self.address), ledger.of(tokens[1], self.address))
        came = [max(0, h - (r - o)) for h, r, o in zip(held, self.reserves, outs, strict=True)]
        require(came[0] > 0 or came[1] > 0)
        net = [h * 1000 - c * 3 for h, c in zip(held, came, strict=True)]
        require(net[0] * net[1] >= self.reserves[0] * self.reserves[1] * 1000**2)
        require(max(held) < 1 << 112)
        self.reserves = held
        self.locked = False


@dataclass(frozen=True)
class WideRange:
    """Concentrated liquidity in one position over all prices: `liquidity` never changes.

    The arithmetic of Uniswap V3 and V4, written from their white papers. A swap halts at the bounds
    of each word of the tick bitmap and rounds there, though nothing changes: `stops` are the square
    root prices, Q64.96, where one that falls and one that rises halts, the last of each the
    position's own bound.
    """

    price: int
    liquidity: int
    fee_pips: int
    stops: tuple[tuple[int, ...], tuple[int, ...]]

    def step(self, zero_for_one: bool, amount_in: int) -> tuple[int, int, int]:
        """Input used, output, and the price afterwards, for an exact input and no price limit."""
        price, used, out = self.price, 0, 0
        for stop in self._ahead(zero_for_one):
            room = self._between(price, stop, zero_for_one, up=True)
            spent = (amount_in - used) * (PIPS - self.fee_pips) // PIPS
            if spent < room:
                after = self._price_after(price, zero_for_one, spent)
                return amount_in, out + self._between(price, after, not zero_for_one), after
            used += room + self._fee(room)
            out += self._between(price, stop, not zero_for_one)
            price = stop
            if used == amount_in:
                return used, out, price
        return used, out, MIN_SQRT + 1 if zero_for_one else MAX_SQRT - 1

    def step_out(self, zero_for_one: bool, amount_out: int) -> tuple[int, int, int]:
        """The same for an exact output, as much of it as there is."""
        price, used, out = self.price, 0, 0
        for stop in self._ahead(zero_for_one):
            left = amount_out - out
            if left < self._between(price, stop, not zero_for_one):
                after = self._price_before(price, zero_for_one, left)
                spent = self._between(price, after, zero_for_one, up=True)
                return used + spent + self._fee(spent), amount_out, after
            spent = self._between(price, stop, zero_for_one, up=True)
            used += spent + self._fee(spent)
            out += self._between(price, stop, not zero_for_one)
            price = stop
            if out == amount_out:
                return used, out, price
        return used, out, MIN_SQRT + 1 if zero_for_one else MAX_SQRT - 1

    def _ahead(self, zero_for_one: bool) -> list[int]:
        falling, rising = self.stops
        if zero_for_one:
            return [stop for stop in falling if stop < self.price]
        return [stop for stop in rising if stop > self.price]

    def _fee(self, spent: int) -> int:
        return -(-spent * self.fee_pips // (PIPS - self.fee_pips))

    def _between(self, price: int, other: int, of_token0: bool, *, up: bool = False) -> int:
        """Token0 or token1 between two prices, rounded down unless `up`."""
        low, high = sorted((price, other))
        if not of_token0:
            top = self.liquidity * (high - low)
            return -(-top // Q96) if up else top // Q96
        top = (self.liquidity << 96) * (high - low)
        if up:
            rounded = -(-top // high)
            return -(-rounded // low)
        return top // high // low

    def _price_after(self, price: int, zero_for_one: bool, spent: int) -> int:
        if zero_for_one:
            top = self.liquidity << 96
            return -(-top * price // (top + spent * price))
        return price + (spent << 96) // self.liquidity

    def _price_before(self, price: int, zero_for_one: bool, bought: int) -> int:
        if zero_for_one:
            return price - -(-(bought << 96) // self.liquidity)
        top = self.liquidity << 96
        return -(-top * price // (top - bought * price))


@dataclass
class ConcentratedPool:
    """A Uniswap V3 pool: sends its output, calls back, and wants its input by then."""

    address: Address
    token0: Address
    token1: Address
    curve: WideRange
    locked: bool = False

    def quote(self, _ledger: Ledger, zero_for_one: bool, amount_in: int) -> int:
        """Output for an exact input."""
        return self.curve.step(zero_for_one, amount_in)[1]

    def swap(
        self,
        ledger: Ledger,
        zero_for_one: bool,
        amount: int,
        to: Address,
        callback: Callback,
    ) -> None:
        """Sell exactly `amount`, or buy exactly minus it, without a price limit of its own."""
        require(amount != 0)
        require(not self.locked)
        self.locked = True
        if amount > 0:
            used, out, price = self.curve.step(zero_for_one, amount)
        else:
            used, out, price = self.curve.step_out(zero_for_one, -amount)
        self.curve = replace(self.curve, price=price)
        paid, got = (self.token0, self.token1)[:: 1 if zero_for_one else -1]
        if out:
            ledger.move(got, self.address, to, out)
        wanted = ledger.of(paid, self.address) + used
        callback(used)
        require(ledger.of(paid, self.address) >= wanted)
        self.locked = False

    def flash(
        self, ledger: Ledger, zero_for_one: bool, amount: int, to: Address, callback: Callback
    ) -> None:
        """Lend token0 (zero for one) or token1, and want it back with the pool's fee."""
        require(not self.locked)
        self.locked = True
        token = self.token0 if zero_for_one else self.token1
        fee = -(-amount * self.curve.fee_pips // PIPS)
        wanted = ledger.of(token, self.address) + fee
        if amount:
            ledger.move(token, self.address, to, amount)
        callback(0)
        require(ledger.of(token, self.address) >= wanted)
        self.locked = False


@dataclass
class AlgebraPool:
    """The Algebra stand-in: prices on its balances; output, callback, input, in that order."""

    address: Address
    token0: Address
    token1: Address
    locked: bool = False

    def quote(self, ledger: Ledger, zero_for_one: bool, amount_in: int) -> int:
        """Output for an exact input."""
        held = (ledger.of(self.token0, self.address), ledger.of(self.token1, self.address))
        return product(held, zero_for_one, amount_in)

    def swap(
        self,
        ledger: Ledger,
        zero_for_one: bool,
        amount: int,
        to: Address,
        callback: Callback,
    ) -> None:
        """Sell exactly `amount`, or buy exactly minus it."""
        require(amount != 0)
        require(not self.locked)
        self.locked = True
        paid, got = (self.token0, self.token1)[:: 1 if zero_for_one else -1]
        into, from_ = ledger.of(paid, self.address), ledger.of(got, self.address)
        used, out = amount, -amount
        if amount > 0:
            out = product((into, from_), True, amount)
        else:
            require(out < from_)
            used = into * out * 1000 // ((from_ - out) * 997) + 1
        if out:
            ledger.move(got, self.address, to, out)
        callback(used)
        require(ledger.of(paid, self.address) >= into + used)
        self.locked = False


TOLERANT, ASKS_FIRST, DEEPEST = 1, 2, 3
"""Of an odd pool: goes on where a callback fails; gives its output last; swaps within swaps."""


def never(_step: Callable[[], None]) -> bool:
    """A step that nobody knows how to undo."""
    raise AssertionError("an odd pool was given no way to undo a step")


@dataclass
class OddPool:
    """`OddPool.sol`: has a fixed price, and asks for what its plan says, paid or not."""

    address: Address
    token0: Address
    token1: Address
    values: tuple[int, int]
    habits: int = 0
    percents: tuple[int, ...] = (100,)
    depth: int = 0
    attempt: Callable[[Callable[[], None]], bool] = never
    """Whether a step succeeds; one that does not is undone."""

    def quote(self, _ledger: Ledger, zero_for_one: bool, amount_in: int) -> int:
        """Output for an exact input."""
        into, from_ = self.values if zero_for_one else self.values[::-1]
        return amount_in * from_ // into

    def swap(
        self, ledger: Ledger, zero_for_one: bool, amount: int, to: Address, callback: Callback
    ) -> None:
        """Sell exactly `amount`, or buy exactly minus it."""
        require(self.depth < DEEPEST)
        self.depth += 1
        into, from_ = self.values if zero_for_one else self.values[::-1]
        used, out = amount, amount * from_ // into
        if amount < 0:
            used, out = -amount * into // from_ + 1, -amount
        got = self.token1 if zero_for_one else self.token0
        if out and not self.habits & ASKS_FIRST:
            ledger.move(got, self.address, to, out)
        for percent in self.percents:
            asked = max(abs(percent) * used // 100 * (1 if percent > 0 else -1), -out)
            if self.habits & TOLERANT:
                self.attempt(partial(callback, asked))
            else:
                callback(asked)
        if out and self.habits & ASKS_FIRST:
            ledger.move(got, self.address, to, out)
        self.depth -= 1


@dataclass
class CurvePool:
    """The Curve stand-in: counts its own balances, and sells what it pulls or what has arrived."""

    address: Address
    token0: Address
    token1: Address
    reserves: tuple[int, int]

    def quote(self, _ledger: Ledger, zero_for_one: bool, amount_in: int) -> int:
        """Output for an exact input."""
        return product(self.reserves, zero_for_one, amount_in)

    def exchange_received(
        self, ledger: Ledger, zero_for_one: bool, amount_in: int, least: int, to: Address
    ) -> int:
        """Sell all that has arrived, at least `amount_in`."""
        paid = self.token0 if zero_for_one else self.token1
        came = ledger.of(paid, self.address) - self.reserves[not zero_for_one]
        require(came >= amount_in and came >= 0)
        return self.exchange(ledger, zero_for_one, came, least, to)

    def exchange(
        self, ledger: Ledger, zero_for_one: bool, amount_in: int, least: int, to: Address
    ) -> int:
        """Sell what is here already."""
        into = int(not zero_for_one)
        require(self.reserves[into] * 1000 + amount_in * 997 > 0)
        out = self.quote(ledger, zero_for_one, amount_in)
        require(out >= least)
        change = (amount_in, -out) if zero_for_one else (-out, amount_in)
        self.reserves = (self.reserves[0] + change[0], self.reserves[1] + change[1])
        ledger.move(self.token1 if zero_for_one else self.token0, self.address, to, out)
        return out


@dataclass
class Manager:
    """Uniswap V4's pool manager: what its one user owes it nets out until the unlock ends."""

    address: Address
    pools: dict[bytes, WideRange]
    """By `pool_key`: both currencies, fee and tick spacing."""
    unlocked: bool = False
    deltas: dict[Address, int] = field(default_factory=dict)
    """What the manager owes its user, by currency; negative is a debt."""
    synced: Address | None = None
    synced_balance: int = 0

    def unlock(self, callback: Callback) -> None:
        """Whatever the callback leaves must be nothing."""
        require(not self.unlocked)
        self.unlocked = True
        callback(0)
        require(not any(self.deltas.values()))
        self.unlocked = False

    def swap(self, key: bytes, zero_for_one: bool, amount_in: int) -> None:
        """An exact-input swap that moves no tokens."""
        require(self.unlocked)
        require(amount_in != 0 and key in self.pools)
        used, out, price = self.pools[key].step(zero_for_one, amount_in)
        require(max(used, out) < 1 << 127)  # a delta has 128 bits and a sign
        self.pools = self.pools | {key: replace(self.pools[key], price=price)}
        currencies = (Address(key[:20]), Address(key[20:40]))
        paid, got = currencies if zero_for_one else currencies[::-1]
        self._account(paid, -used)
        self._account(got, out)

    def take(self, ledger: Ledger, currency: Address, to: Address, amount: int) -> None:
        """Hand out tokens on credit."""
        require(self.unlocked)
        require(amount < 1 << 127)
        self._account(currency, -amount)
        if currency in ledger.tokens or currency in ledger.others:
            ledger.move(currency, self.address, to, amount)

    def sync(self, ledger: Ledger, currency: Address) -> None:
        """Note the balance before a delivery."""
        require(currency in ledger.tokens or currency == NATIVE)
        if currency == NATIVE:
            self.synced = None
            return
        self.synced, self.synced_balance = currency, ledger.of(currency, self.address)

    def settle(self, ledger: Ledger) -> None:
        """Credit what came since; without a note it is the native coin that came, none."""
        require(self.unlocked)
        if self.synced is None:
            return
        paid = ledger.of(self.synced, self.address) - self.synced_balance
        require(paid >= 0)
        self._account(self.synced, paid)
        self.synced = None

    def _account(self, currency: Address, change: int) -> None:
        self.deltas = self.deltas | {currency: self.deltas.get(currency, 0) + change}


def pool_key(currency0: Address, currency1: Address, fee: int, tick_spacing: int) -> bytes:
    """What names a V4 pool without hooks."""
    return currency0 + currency1 + fee.to_bytes(3, "big") + tick_spacing.to_bytes(2, "big")


@dataclass
class Vault:
    """Balancer V2's vault with stand-in pools of two tokens, and its free flash loans."""

    address: Address
    pools: dict[int, tuple[Address, Address, int, int]]
    """By pool id: tokens and what the vault holds for the pool of each."""
    locked: bool = False

    def swap(
        self,
        ledger: Ledger,
        pool_id: int,
        way: tuple[Address, Address],
        amount: int,
        *,
        payer: Address,
        to: Address,
    ) -> int:
        """Sell exactly `amount`, pulled from the payer who has allowed it; what it bought."""
        require(not self.locked)
        require(amount > 0)
        require(pool_id in self.pools)
        token0, token1, held0, held1 = self.pools[pool_id]
        require(way in ((token0, token1), (token1, token0)))
        zero_for_one = way[0] == token0
        out = product((held0, held1), zero_for_one, amount)
        ledger.move(way[0], payer, self.address, amount)
        ledger.move(way[1], self.address, to, out)
        change = (amount, -out) if zero_for_one else (-out, amount)
        entry = (token0, token1, held0 + change[0], held1 + change[1])
        self.pools = self.pools | {pool_id: entry}
        return out

    def flash_loan(
        self, ledger: Ledger, token: Address, amount: int, to: Address, callback: Callback
    ) -> None:
        """A loan without a fee, pushed back."""
        require(not self.locked)
        before = ledger.of(token, self.address)
        require(before >= amount)
        ledger.move(token, self.address, to, amount)
        self.locked = True
        callback(0)
        require(ledger.of(token, self.address) >= before)
        self.locked = False
