"""Plain loan receivers: a yardstick inside a flash loan, and the same loan around nothing.

What a lender pulls back is approved once for all; the receiver checks nothing.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from eth_utils.abi import function_signature_to_4byte_selector

from bench.gas.assembler import CALLER, EQ, JUMPI, RETURN, Assembler, push
from bench.gas.floor import TRANSFER, V2_SWAP, Floor, Form
from keeper.chain import Address
from keeper.strategies.opportunity import Leg


def _selector(signature: str) -> int:
    return int.from_bytes(function_signature_to_4byte_selector(signature))


AAVE = _selector("flashLoanSimple(address,address,uint256,bytes,uint16)")
BALANCER = _selector("flashLoan(address,address[],uint256[],bytes)")
MORPHO = _selector("flashLoan(address,uint256,bytes)")
FLASH = _selector("flash(address,uint256,uint256,bytes)")
UNLOCK = _selector("unlock(bytes)")
TAKE = _selector("take(address,address,uint256)")
SYNC = _selector("sync(address)")
SETTLE = _selector("settle()")


class Terms(NamedTuple):
    """Who lends what to whom, and what a pool, whose token0 it is or its token1, is owed."""

    lender: Address
    receiver: Address
    token: Address
    amount: int
    owed: int = 0
    is_token0: bool = False

    @property
    def amounts(self) -> tuple[int, int]:
        """What a pool lends of its two tokens."""
        return (self.amount, 0) if self.is_token0 else (0, self.amount)


class Lending(NamedTuple):
    """How a loan is taken and given back, and its lender's name on the replica unless a pool."""

    lender: str | None
    borrow: Callable[[Assembler, Terms], None]
    arrive: Callable[[Assembler, Terms], None]
    repay: Callable[[Assembler, Terms], None]


def _borrow_aave(code: Assembler, terms: Terms) -> None:
    who = (int.from_bytes(terms.receiver), int.from_bytes(terms.token))
    code.call(terms.lender, AAVE, *who, terms.amount, 0xA0, 0, 0)


def _borrow_balancer(code: Assembler, terms: Terms) -> None:
    heads = (int.from_bytes(terms.receiver), 0x80, 0xC0, 0x100)
    code.call(terms.lender, BALANCER, *heads, 1, int.from_bytes(terms.token), 1, terms.amount, 0)


def _borrow_morpho(code: Assembler, terms: Terms) -> None:
    code.call(terms.lender, MORPHO, int.from_bytes(terms.token), terms.amount, 0x60, 0)


def _swap(code: Assembler, terms: Terms) -> None:
    receiver = int.from_bytes(terms.receiver)
    code.call(terms.lender, V2_SWAP, *terms.amounts, receiver, 0x80, 1, 0)  # a byte of data


def _flash(code: Assembler, terms: Terms) -> None:
    receiver = int.from_bytes(terms.receiver)
    code.call(terms.lender, FLASH, receiver, *terms.amounts, 0x80, 0)


def _unlock(code: Assembler, terms: Terms) -> None:
    code.call(terms.lender, UNLOCK, 0x20, 0)


def _take(code: Assembler, terms: Terms) -> None:
    who = (int.from_bytes(terms.token), int.from_bytes(terms.receiver))
    code.call(terms.lender, TAKE, *who, terms.amount)


def _nothing(*_: object) -> None:
    """The lender has sent the loan, or takes it by the standing approval."""


def _say_true(code: Assembler, _: Terms) -> None:
    code.store(0, 1)
    code.raw(push(32) + push(0) + RETURN)


def _send_back(code: Assembler, terms: Terms) -> None:
    code.call(terms.token, TRANSFER, int.from_bytes(terms.lender), terms.amount)


def _pay(code: Assembler, terms: Terms) -> None:
    code.call(terms.token, TRANSFER, int.from_bytes(terms.lender), terms.owed)


def _settle(code: Assembler, terms: Terms) -> None:
    code.call(terms.lender, SYNC, int.from_bytes(terms.token))
    _send_back(code, terms)
    code.call(terms.lender, SETTLE)
    code.store(0, 0x20)  # empty bytes
    code.store(0x20, 0)
    code.raw(push(0x40) + push(0) + RETURN)


LOANS = {
    "aave": Lending("Aave Pool", _borrow_aave, _nothing, _say_true),
    "balancer": Lending("Balancer Vault", _borrow_balancer, _nothing, _send_back),
    "morpho": Lending("Morpho Blue", _borrow_morpho, _nothing, _nothing),
    "uniswap_v4": Lending("Uniswap V4 PoolManager", _unlock, _take, _settle),
    "flash_swap": Lending(None, _swap, _nothing, _pay),
    "uniswap_v3": Lending(None, _flash, _nothing, _pay),
}


def loan_code(name: str, terms: Terms, legs: Sequence[Leg]) -> bytes:
    """Runtime code of a receiver that borrows on these terms for `legs`, which may be none."""
    lending = LOANS[name]
    floor = Floor(terms.receiver, legs)
    code = floor.code
    code.raw(CALLER + push(int.from_bytes(terms.lender)) + EQ)
    code.push("loan")
    code.raw(JUMPI)
    floor.dispatch()
    code.frame()
    lending.borrow(code, terms)
    code.stop()
    code.frame("loan")
    lending.arrive(code, terms)
    if legs:
        floor.run(Form.OWN_CAPITAL)
    lending.repay(code, terms)
    return floor.finish()
