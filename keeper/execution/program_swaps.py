"""One command, or a few, for each way in which a pool takes its input and gives its output."""

from dataclasses import replace
from enum import Enum

from keeper.chain import Protocol
from keeper.execution import program_table as table
from keeper.execution.program_stream import Command, ProgramError, Target, given, head, packed
from keeper.strategies.opportunity import Leg


class Custody(Enum):
    """How a pool takes its input."""

    DELIVERED = "sent to the pool before the swap"
    CALLED = "paid inside the pool's callback"
    PULLED = "pulled out of the executor's balance by allowance"
    LOCKED = "credited by Uniswap V4's pool manager while it is unlocked"


CUSTODY = {
    Protocol.UNISWAP_V2: Custody.DELIVERED,
    Protocol.UNISWAP_V3: Custody.CALLED,
    Protocol.ALGEBRA_V1: Custody.CALLED,
    Protocol.UNISWAP_V4: Custody.LOCKED,
    Protocol.CURVE_STABLESWAP: Custody.PULLED,
    Protocol.CURVE_STABLESWAP_NG: Custody.DELIVERED,
    Protocol.BALANCER_V2_WEIGHTED: Custody.PULLED,
    Protocol.BALANCER_V2_STABLE: Custody.PULLED,
}
BALANCER = (Protocol.BALANCER_V2_WEIGHTED, Protocol.BALANCER_V2_STABLE)
PIPS_PER_BP = 100
ALGEBRA_OF = {
    table.OP_V3: table.OP_ALGEBRA,
    table.OP_V3_PAY: table.OP_ALGEBRA_PAY,
    table.OP_V3_OUT: table.OP_ALGEBRA_OUT,
    table.OP_V3_OWED: table.OP_ALGEBRA_OWED,
}


def custody(leg: Leg) -> Custody:
    """How the leg's pool takes its input.

    A next-generation Curve pool that refuses deliveries (one of rebasing tokens) pulls, as the
    older ones do.
    """
    if leg.protocol is Protocol.CURVE_STABLESWAP_NG and not leg.terms.push:
        return Custody.PULLED
    return CUSTODY[leg.protocol]


def pay(token: int, amount: int, target: Target) -> Command:
    """Transfer the declared token of that index."""
    values = packed(table.PAY, (token, amount_field(amount)), "payment")
    return Command(head(table.OP_PAY, target) + values + given(target))


def amount_field(amount: int, *, all_but: bool = False) -> int:
    """An amount as a field of type `amount`: exact, or all but so much."""
    if amount >= table.ALL_BUT:
        raise ProgramError(f"an amount of {amount} does not fit its 127 bits")
    return table.ALL_BUT | amount if all_but else amount


def delivered_swap(leg: Leg, target: Target) -> Command:
    """Swap what has been delivered to a V2 pair or a Curve pool."""
    if leg.protocol is Protocol.UNISWAP_V2:
        values = packed(table.V2, (leg.pool, leg.amount_out_raw), "V2 output")
        return Command(_head(leg, table.OP_V2, target) + values + given(target))
    fields = (leg.pool, _indices(leg), leg.amount_in_raw)
    values = packed(table.CURVE_NG, fields, "Curve input")
    return Command(head(table.OP_CURVE_NG, target) + values + given(target))


def arrived_swap(leg: Leg, target: Target, token: int) -> Command:
    """Swap all that has been delivered to a V2 pair or a Curve pool, however much it is."""
    if leg.protocol is not Protocol.UNISWAP_V2:
        return delivered_swap(replace(leg, amount_in_raw=1), target)  # at least so much
    values = packed(
        table.V2_ARRIVED, (leg.pool, token, leg.terms.fee_pips // PIPS_PER_BP), "V2 fee"
    )
    return Command(_head(leg, table.OP_V2_ARRIVED, target) + values + given(target))


def flash_swap(leg: Leg, target: Target, nested: tuple[Command, ...]) -> Command:
    """Take a V2 pair's or V3 pool's output; the nested stream delivers the input."""
    if leg.protocol is not Protocol.UNISWAP_V2:
        return called_swap(leg, target, nested)
    values = packed(table.V2, (leg.pool, leg.amount_out_raw), "V2 output")
    return Command(_head(leg, table.OP_V2_FLASH, target) + values, given(target), nested)


def called_swap(leg: Leg, target: Target, nested: tuple[Command, ...]) -> Command:
    """Exact-input swap whose input the nested stream delivers."""
    values = packed((20, 16), (leg.pool, leg.amount_in_raw), "V3 input")
    return Command(_head(leg, table.OP_V3, target) + values, given(target), nested)


def paid_swap(leg: Leg, target: Target, token: int, amount: int) -> Command:
    """Swap of a field of type `amount` that is paid with the declared token of that index."""
    fields = (leg.pool, token, amount)
    values = packed(table.V3_PAY, fields, "V3 input")
    return Command(_head(leg, table.OP_V3_PAY, target) + values + given(target))


def exact_output_swap(leg: Leg, target: Target, nested: tuple[Command, ...]) -> Command:
    """Exact-output swap whose input the nested stream delivers."""
    values = packed((20, 16), (leg.pool, leg.amount_out_raw), "V3 output")
    return Command(_head(leg, table.OP_V3_OUT, target) + values, given(target), nested)


def owed_swap(leg: Leg, nested: tuple[Command, ...]) -> Command:
    """Swap for exactly what the pool that calls back asks for, sent to it."""
    target = table.TO_CALLER
    return Command(_head(leg, table.OP_V3_OWED, target) + leg.pool, b"", nested)


def pay_owed(token: int, most: int) -> Command:
    """Pay what the pool that calls back asks for, at most `most`."""
    return Command(head(table.OP_PAY_OWED) + packed(table.PAY_OWED, (token, most), "payment"))


def pulled_swap(leg: Leg, target: Target, token: int, amount: int) -> tuple[Command, ...]:
    """Swap a field of type `amount` of the declared token of that index, out of our balance.

    Curve's older pools give to whoever calls: where the output must go elsewhere, `pulled_swap`
    leaves it with the executor, and the caller has to pay it on (see `gives_to_executor`).
    """
    if leg.protocol in BALANCER:
        fields: tuple[int | bytes, ...] = (leg.terms.pool_id, leg.token_out, token, amount)
        values = packed(table.BALANCER, fields, "Balancer input")
        return (Command(head(table.OP_BALANCER, target) + values + given(target)),)
    values = packed(table.CURVE, (leg.pool, _indices(leg), token, amount), "Curve input")
    return (Command(head(table.OP_CURVE) + values),)


def gives_to_executor(leg: Leg) -> bool:
    """Whether the leg's output can only come to the executor."""
    return custody(leg) is Custody.PULLED and leg.protocol not in BALANCER


def locked_swap(leg: Leg) -> Command:
    """Swap what the pool manager credits; the output stays a credit."""
    currencies = (leg.token_in, leg.token_out)
    low, high = currencies if leg.zero_for_one else currencies[::-1]
    terms = leg.terms
    fields = (low, high, terms.fee_pips, terms.tick_spacing, leg.amount_in_raw)
    return Command(_head(leg, table.OP_V4_SWAP, 0) + packed(table.V4_SWAP, fields, "V4 input"))


def take(currency: bytes, amount: int, target: Target) -> Command:
    """Take a currency out of the pool manager."""
    values = packed(table.V4_TAKE, (currency, amount), "V4 output")
    return Command(head(table.OP_V4_TAKE, target) + values + given(target))


def sync(currency: bytes) -> Command:
    """Let the pool manager note its balance before a delivery."""
    return Command(head(table.OP_V4_SYNC) + currency)


SETTLE = Command(head(table.OP_V4_SETTLE))
"""Let the pool manager credit what was delivered since `sync`."""


def _head(leg: Leg, opcode: int, target: Target) -> bytes:
    if leg.protocol is Protocol.ALGEBRA_V1:
        opcode = ALGEBRA_OF[opcode]
    return head(opcode, target, zero_for_one=leg.zero_for_one)


def _indices(leg: Leg) -> int:
    sold, bought = leg.terms.index_in, leg.terms.index_out
    if not (0 <= sold < 16 and 0 <= bought < 16):
        raise ProgramError(f"a Curve pool's coins {sold} and {bought} do not fit 4 bits")
    return sold << 4 | bought
