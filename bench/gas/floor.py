"""The least that a route can cost: a contract made for it, without checks and without decoding.

Every address and amount is a constant of the code, the calldata is empty, output goes from pool to
pool, and each call rewrites only those memory words that differ from the call before. Anyone could
empty such a contract; it is a yardstick.
"""

from collections.abc import Callable, Sequence
from enum import Enum

from bench.gas.assembler import CALLDATALOAD, DUP1, JUMPI, Assembler, push
from keeper.chain import Address, Protocol
from keeper.strategies.opportunity import Leg

TRANSFER = 0xA9059CBB  # transfer(address,uint256)
V2_SWAP = 0x022C0D9F  # swap(uint256,uint256,address,bytes)
V3_SWAP = 0x128ACB08  # swap(address,bool,int256,uint160,bytes)
LOWEST_PRICE = 4_295_128_740
HIGHEST_PRICE = 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_341
_DESTINATION_AT = 0x84
"""Of the first data word in a V3 callback, and of the data's length in a V2 one."""


class Form(Enum):
    """Where the first leg's input comes from."""

    OWN_CAPITAL = "own_capital"
    FLASH_SWAP = "flash_swap"


class StraightLine:
    """Writes calls of pools and tokens, frame by frame; a callback's frame follows the others."""

    def __init__(self) -> None:
        self.code = Assembler()
        self._pending: list[tuple[str, Callable[[], None]]] = []
        self._callbacks = 0

    def dispatch(self) -> None:
        """Jump to a callback's frame, or run on where there is no calldata."""
        self.code.raw(push(_DESTINATION_AT) + CALLDATALOAD + DUP1 + JUMPI)

    def finish(self) -> bytes:
        """Close the frame, write those that callbacks enter, and give the code."""
        self.code.stop()
        while self._pending:
            name, write = self._pending.pop(0)
            self.code.frame(name)
            write()
            self.code.stop()
        return self.code.assemble()

    def pay(self, token: Address, to: Address, amount: int) -> None:
        """Transfer a token."""
        self.code.call(token, TRANSFER, int.from_bytes(to), amount)

    def swap_v2(self, leg: Leg, to: Address, inside: Callable[[], None] | None = None) -> None:
        """Swap on a pair whose input has come, or will have come when `inside` has run."""
        out = leg.amount_out_raw
        outs = (0, out) if leg.zero_for_one else (out, 0)
        # the callback's frame is told by the length of the data, which the pair copies
        data = 0 if inside is None else self._later(inside)
        self.code.call(leg.pool, V2_SWAP, *outs, int.from_bytes(to), 0x80, data, tail=data)

    def swap_v3(self, leg: Leg, to: Address, inside: Callable[[], None]) -> None:
        """Swap on a V3 pool, which is paid by what `inside` does."""
        limit = LOWEST_PRICE if leg.zero_for_one else HIGHEST_PRICE
        order = (int.from_bytes(to), int(leg.zero_for_one), leg.amount_in_raw, limit)
        self.code.call(leg.pool, V3_SWAP, *order, 0xA0, 0x20, self._later(inside))

    def _later(self, write: Callable[[], None]) -> str:
        name = f"callback {self._callbacks}"
        self._callbacks += 1
        self._pending.append((name, write))
        return name


class Floor(StraightLine):
    """One route's yardstick, which stands at `where`."""

    def __init__(self, where: Address, legs: Sequence[Leg]) -> None:
        super().__init__()
        self._self = where
        self._legs = legs

    def run(self, form: Form) -> None:
        """Write the calls of the whole route."""
        last = self._legs[-1]
        if form is Form.FLASH_SWAP and last.protocol is Protocol.UNISWAP_V2:
            before = len(self._legs) - 1
            self.swap_v2(last, self._self, lambda: self._deliver(before, last.pool))
        else:
            self._deliver(len(self._legs), self._self)

    def _deliver(self, count: int, to: Address) -> None:
        """Run the first `count` legs and bring their output, or without legs the input, to `to`.

        A V3 pool takes its input in its callback only, so the last V3 leg encloses all before it.
        """
        first = self._legs[0]
        if not count:
            self.pay(first.token_in, to, first.amount_in_raw)
            return
        legs = self._legs[:count]
        v3 = [place for place, leg in enumerate(legs) if leg.protocol is Protocol.UNISWAP_V3]
        start = v3[-1] if v3 else -1
        targets = [*(leg.pool for leg in legs[1:]), to]
        if start < 0:
            self.pay(first.token_in, first.pool, first.amount_in_raw)
        else:
            last = legs[start]
            self.swap_v3(last, targets[start], lambda: self._deliver(start, last.pool))
        for leg, target in zip(legs[start + 1 :], targets[start + 1 :], strict=True):
            self.swap_v2(leg, target)


def floor_code(where: Address, legs: Sequence[Leg], form: Form) -> bytes:
    """Runtime code of the route's yardstick at `where`; any call with empty calldata runs it."""
    floor = Floor(where, legs)
    floor.dispatch()
    floor.code.frame()
    floor.run(form)
    return floor.finish()
