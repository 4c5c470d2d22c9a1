# pragma version ~=0.4.3
# pragma evm-version cancun
"""
@title What a Program's Header Demands
@license UNLICENSED
"""

import reading
import table


@internal
@view
def check(program: Bytes[reading.MAX]):
    last: uint256 = reading.field(
        program, table.HEADER_DEADLINE_BLOCK_AT, table.HEADER_DEADLINE_BLOCK_BITS
    )
    assert block.number <= last, "DeadlinePassed"
    most: uint256 = reading.field(
        program, table.HEADER_MAX_BASE_FEE_AT, table.HEADER_MAX_BASE_FEE_BITS
    )
    assert block.basefee <= most * 10**6, "BaseFeeTooHigh"


@internal
@pure
def least_profit(program: Bytes[reading.MAX]) -> uint256:
    digits: uint256 = reading.field(
        program, table.HEADER_MIN_PROFIT_AT, table.HEADER_MIN_PROFIT_BITS
    )
    return digits << reading.field(
        program, table.HEADER_MIN_PROFIT_SHIFT_AT, table.HEADER_MIN_PROFIT_SHIFT_BITS
    )
