"""The keeper's own programs with a thief in their way: what a market gives must not end with him.

Each brings the executor a real market's gain and meets a robber. What its terms leave to him, which
may be nothing, he may have; with more, or with less for the executor, the program must not pass.
"""

import random

from executor_world import KEEPER, STRANGER
from heist import (
    AGAIN,
    ANYTHING,
    ASK_FOR_MORE,
    ASKED_SHIFT,
    CALL_BACK,
    ELSEWHERE,
    LATE,
    LEADING,
    ONCE,
    RUN,
    Heist,
    Terms,
)
from program_assembler import ALL_BUT, command, header

from keeper.chain import Address, Protocol
from keeper.execution.program_table import DIRECTORY_POOLS
from keeper.strategies.opportunity import Leg
from replica.abi import address, encode_call
from replica.protocols.aave_v3 import PREMIUM_BP, RESERVES

AMOUNTS = 1 << 86
"""What is above all amounts of a cycle."""
HOSTILE = 3
"""Of a directory's pools, and of its pairs, the robbers are the first."""
V3_CALLBACK = "uniswapV3SwapCallback(int256,int256,bytes)"
CALLING_BACK = {
    "v3": "amount_in",
    "v3_out": "amount_out",
    "v3_flash": "amount",
    "v2_flash": "amount_out",
    "algebra": "amount_in",
}
"""Commands whose nested stream runs in a pool's callback; how they call an amount."""
DIGITS = 24
"""Bits of a header's least profit, before the shift."""


class Ambush:
    """One robber in the way, and another who helps."""

    profit_token: Address
    legs: tuple[Leg, ...]
    profit: int
    robber: Address
    helper: Address

    def __init__(self, heist: Heist, rng: random.Random) -> None:
        self.heist = heist
        self.rng = rng
        self.pools = [
            pool for pool in heist.world.manifest.pools if pool.protocol is Protocol.UNISWAP_V3
        ]
        self.lenders = {each.token.address: address(each.a_token) for each in RESERVES}
        self.ways = (
            *(self.asks_too_much, self.asks_a_cycle_too_much, self.asks_a_cycle_again),
            *(self.asks_for_another, self.gives_too_little, self.gives_back_too_little),
            *(self.lends_dearly, self.leaves_out, self.draws, self.runs_our_capital),
            self.runs_around_a_run,
        )

    def strike(self) -> None:
        """One attempt, on markets that are left as they were."""
        evm = self.heist.world.evm
        mark = evm.snapshot()
        self.profit_token = self.rng.choice(list(self.heist.markets))
        self.legs = self.heist.markets[self.profit_token]
        self.profit = self.legs[-1].amount_out_raw - self.legs[0].amount_in_raw
        self.robber, self.helper = self.rng.sample(self.heist.robbers, 2)
        self.heist.plan(self.helper, 0)
        try:
            self.rng.choice(self.ways)()
        finally:
            evm.revert(mark)

    # ------------------------------------------------------------------- what a robber asks for

    def asks_too_much(self) -> None:
        """A pool is owed a payment, of at most so much."""
        most = self.asking()
        visit = self.rng.choice(
            (
                command("v3_pay", pool=self.robber, token=0, amount_in=most),
                command("algebra_pay", pool=self.robber, token=0, amount_in=most),
                command("v3_out", pool=self.robber, amount_out=1, nested=owed(most)),
            )
        )
        self.attempt(visit, self.leaving(most))

    def asks_a_cycle_too_much(self) -> None:
        """The first pool of a cycle is owed at most what the cycle gives."""
        most = self.asking()
        self.attempt(self.cycle(self.cell(self.robber), most), self.leaving(most))

    def asks_a_cycle_again(self) -> None:
        """That pool, behind a pair or not, asks twice, or when it is over, for what it may have."""
        most = self.rng.randint(1, self.profit // 2)
        when = self.rng.choice((CALL_BACK | AGAIN, LATE))
        self.heist.plan(self.robber, when | ONCE | ASK_FOR_MORE | most << ASKED_SHIFT)
        cells = self.cell(self.robber)
        if self.rng.random() < 0.5:
            place = 1 + DIRECTORY_POOLS + self.rng.randrange(HOSTILE)
            cells = bytes([place << 1]) + (most << 1).to_bytes(11) + cells
        again = command("v2", pool=self.robber, amount_out=1)
        self.attempt(self.cycle(cells, most) + again, self.leaving(most))

    def asks_for_another(self) -> None:
        """The cycle's first pool is a real one, and somebody else asks for its payment."""
        most = self.rng.randint(1, self.profit)
        asks = encode_call(V3_CALLBACK, most, 0, b"")
        self.heist.plan(self.helper, RUN, program=asks)
        first = self.rng.choice(
            [pool for pool in self.pools if self.profit_token in (pool.token0, pool.token1)]
        )
        served = self.rng.random() < 0.3
        plan = CALL_BACK * served | ELSEWHERE
        self.heist.plan(self.robber, plan, elsewhere=(self.helper, ANYTHING))
        place, way = 1 + HOSTILE + self.pools.index(first), self.profit_token == first.token0
        cells = bytes([place << 1 | way]) + self.cell(self.robber)
        self.attempt(self.cycle(cells, most), Terms(self.profit - most * served, allowed=0))

    def asking(self) -> int:
        """Have the robber ask for as much as it may have, which this returns, or for everything."""
        most = self.rng.randint(1, self.profit)
        asked = self.rng.choice((most, self.profit))
        self.heist.plan(self.robber, CALL_BACK | ASK_FOR_MORE | asked << ASKED_SHIFT)
        return most

    # ------------------------------------------------------------------------- what else he may do

    def gives_too_little(self) -> None:
        """A swap is paid for, and gives nothing; the program has a least profit."""
        paid = self.asking()
        visit = command("v3_pay", pool=self.robber, token=0, amount_in=paid)
        self.promise(self.gain() + visit, self.profit - paid)

    def gives_back_too_little(self) -> None:
        """The gain goes through a robber's pair, the run's last; again with a least profit."""
        given = self.rng.randint(1, self.profit)
        gift = self.profit_token, self.legs[0].amount_in_raw + given
        self.heist.plan(self.robber, 0, gift)
        self.promise(self.gain(self.robber), given)

    def promise(self, stream: bytes, kept: int) -> None:
        """A program whose least profit is what is kept, or all."""
        least = self.rng.choice((kept, self.profit))
        digits = max(0, least.bit_length() - DIGITS)
        terms = self.leaving(self.profit - (least >> digits << digits))
        self.heist.attempt(self.header(least) + stream, terms)

    def lends_dearly(self) -> None:
        """The gain is made on a loan, whose premium was lower when the program was written."""
        loan = self.legs[0].amount_in_raw
        premium = (loan * PREMIUM_BP + 5_000) // 10_000
        most = self.rng.choice((premium, premium - 1, premium // 2))
        terms = Terms(self.profit - most, most, self.lenders[self.profit_token])
        limits = {"token": 0, "amount": loan, "max_premium": most}
        program = command("aave", nested=self.gain(), **limits)
        self.heist.attempt(self.header() + program, terms)

    def leaves_out(self) -> None:
        """A pair is paid; its swap is to come in a robber's callback, and he takes the payment."""
        pair, paid = self.legs[0].pool, self.rng.randint(1, self.profit)
        calls_back = self.rng.random() < 0.3
        skims = pair, encode_call("skim(address)", self.robber)
        self.heist.plan(self.robber, CALL_BACK * calls_back | ELSEWHERE, elsewhere=skims)
        bought = paid * self.legs[0].amount_out_raw // (2 * self.legs[0].amount_in_raw)
        way = self.legs[0].zero_for_one
        swap = command("v2", pool=pair, zero_for_one=way, amount_out=bought, to="caller")
        name, size = self.rng.choice(list(CALLING_BACK.items()))
        visit = command(name, pool=self.robber, nested=swap, **{size: 1})
        terms = Terms(self.profit - paid, 0, refused=not calls_back)
        self.attempt(command("pay", to=pair, token=0, amount=paid) + visit, terms)

    def draws(self) -> None:
        """A pool that the owner has not listed is to pull its input."""
        self.heist.plan(self.robber, CALL_BACK)
        paid = self.rng.randint(1, self.profit)
        visit = command("curve", pool=self.robber, indices=1, token=0, amount_in=paid)
        self.attempt(visit, Terms(allowed=0, refused=True))

    def runs_our_capital(self) -> None:
        """Somebody without a key has our capital earn the market's gain, for himself."""
        self.attempt(self.all_earned(), Terms(allowed=0), STRANGER)

    def runs_around_a_run(self) -> None:
        """A robber's run has another executor, an account with code, run: what that gains stays."""
        self.heist.plan(self.robber, RUN, program=self.header() + self.gain())
        if self.rng.random() < 0.5:
            lures = command("v2", pool=self.robber, amount_out=1) + self.all_earned()
        else:  # paid at once, out of what is held; it ends the program
            cell = (1).to_bytes(12) + self.robber
            values = {"token": 0, "amount_in": self.profit}
            lures = command("v2_run", nested=cell, rest=True, **values)
        self.heist.attempt(self.header() + lures, Terms(allowed=0))

    # -------------------------------------------------------------------------------- programs

    def header(self, least: int = 0) -> bytes:
        """The profit token may stand there as a well-known one, or by its address."""
        if self.rng.random() < 0.5:
            return header([self.profit_token], min_profit=least)
        known = dict(zip(self.heist.markets, LEADING, strict=True))
        return header([], lead=known[self.profit_token], min_profit=least)

    def gain(self, last: Address | None = None) -> bytes:
        """The run through two real pairs, and perhaps one more, which ends the program."""
        outs = (leg.zero_for_one << 95 | leg.amount_out_raw for leg in self.legs)
        cells = b"".join(
            out.to_bytes(12) + leg.pool for out, leg in zip(outs, self.legs, strict=True)
        )
        if last:
            cells += (1).to_bytes(12) + last
        values = {"token": 0, "amount_in": self.legs[0].amount_in_raw}
        return command("v2_run", nested=cells, rest=last is not None, **values)

    def attempt(self, stream: bytes, terms: Terms, sender: Address = KEEPER) -> None:
        """The gain, and what comes behind it."""
        self.heist.attempt(self.header() + self.gain() + stream, terms, sender)

    def leaving(self, most: int) -> Terms:
        """A thief may have so much of the gain; the rest is the executor's."""
        return Terms(self.profit - most, most)

    def cycle(self, cells: bytes, gives: int) -> bytes:
        """A cycle over these cells, which is to give so much and so may pay as much."""
        return command("cycle_run", amount=AMOUNTS - gives, nested=cells)

    def cell(self, robber: Address) -> bytes:
        """The pool that a robber poses as."""
        return bytes([(1 + self.heist.robbers.index(robber)) << 1])

    def all_earned(self) -> bytes:
        """A payment to the robber's helper of all that the executor had not before."""
        held = self.heist.world.balance(self.profit_token)
        return command("pay", to=self.helper, token=0, amount=ALL_BUT | held)


def owed(most: int) -> bytes:
    """The payment that a pool's callback asks for."""
    return command("pay_owed", token=0, max_amount=most)
