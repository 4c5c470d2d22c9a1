"""The recount of a trace against sums made by hand, and against the node with access lists."""

from collections.abc import Iterator

import pytest

from bench.gas.repricer import RecountError, best_access_list, recount
from bench.gas.schedules import ETHEREUM, POLYGON
from bench.gas.trace import AccessList, Trace, gas_used, trace_call
from keeper.chain import Address
from replica.anvil import Anvil

SENDER, OUTER, INNER = (Address(bytes([0xB0 + n]) * 20) for n in range(3))
BASE = 21_000
HELD = 5
"""What slots 1 to 3 hold; slots from 9 on are empty."""

READ_TWICE = "600154506001545000"
WRITE_7 = "600760015500"
SET_EMPTY = "600760095500"
CLEAR = "5f60015500"
CLEAR_THREE = "5f6001555f6002555f60035500"
SET_AND_CLEAR = "60076009555f60095500"
WRITE_BACK = "600760015560056001" + "5500"
CLEAR_AND_WRITE = "5f600155600760015500"
SAME_VALUE = "600560015500"
READ_THEN_WRITE = "60015450600760015500"
CALL_INNER = "5f5f5f5f5f73" + INNER.hex() + "5af150"
READ_AND_REVERT = "600154505f5ffd"
WRITE_AND_REVERT = "5f6001555f5ffd"

# outer code, inner code, gas under Ethereum's schedule, gas under Polygon's
CASES = {
    "a read is cold once": (READ_TWICE, "", BASE + 2_210, BASE + 5_570),
    "a cold overwrite costs the same": (WRITE_7, "", BASE + 5_006, BASE + 5_006),
    "a first write": (SET_EMPTY, "", BASE + 22_106, BASE + 22_946),
    "writing what is there": (SAME_VALUE, "", BASE + 2_206, BASE + 3_046),
    "a clear is refunded": (CLEAR, "", BASE + 5_005 - 4_800, BASE + 5_005 - 3_960),
    "a fifth comes back at most": (CLEAR_THREE, "", 36_015 - 7_203, 36_015 - 7_203),
    "set and cleared": (SET_AND_CLEAR, "", 43_211 - 8_642, 44_051 - 8_810),
    "written back": (WRITE_BACK, "", BASE + 5_112 - 2_800, BASE + 5_112 - 1_960),
    "a clear taken back": (CLEAR_AND_WRITE, "", BASE + 5_111, BASE + 5_111),
    "read, then written": (READ_THEN_WRITE, "", BASE + 5_011, BASE + 7_531),
    "a failed frame warms nothing": (
        CALL_INNER * 2 + "00",
        READ_AND_REVERT,
        BASE + 4_726 + 2_226,
        BASE + 4_726 + 2_226 + 2 * 3_360,
    ),
    "a failed frame refunds nothing": (
        CALL_INNER + "00",
        WRITE_AND_REVERT,
        BASE + 2_617 + 5_009,
        BASE + 2_617 + 5_009,
    ),
    "an empty account": (CALL_INNER + "00", "", BASE + 2_617, BASE + 2_617),
    "a failed run refunds nothing": (WRITE_AND_REVERT, "", BASE + 5_009, BASE + 5_009),
}


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    running = Anvil(0, ["--block-base-fee-per-gas", "0"])
    yield running
    running.stop()


def traced(anvil: Anvil, outer: str, inner: str) -> Trace:
    for where, code in ((OUTER, outer), (INNER, inner)):
        anvil.rpc("anvil_setCode", [where, "0x" + code])
        for slot in (1, 2, 3):
            anvil.rpc("anvil_setStorageAt", [where, hex(slot), HELD.to_bytes(32)])
    return trace_call(anvil.rpc, SENDER, OUTER, b"")


@pytest.mark.parametrize("case", CASES)
def test_sums_made_by_hand(anvil: Anvil, case: str) -> None:
    outer, inner, ethereum, polygon = CASES[case]
    trace = traced(anvil, outer, inner)
    assert recount(trace, ETHEREUM).used == ethereum
    assert recount(trace, POLYGON).used == polygon


@pytest.mark.parametrize("case", [case for case in CASES if "run" not in case])
def test_a_listed_run_costs_what_the_node_says(anvil: Anvil, case: str) -> None:
    outer, inner, *_ = CASES[case]
    trace = traced(anvil, outer, inner)
    for listed in (((OUTER, (1, 2, 9)), (INNER, (1,))), ((INNER, ()),), ()):
        charged = gas_used(anvil.rpc, SENDER, OUTER, b"", listed)
        assert recount(trace, ETHEREUM, listed).used == charged


def test_a_read_of_the_called_contract_is_listed_where_it_pays(anvil: Anvil) -> None:
    trace = traced(anvil, READ_TWICE, "")
    assert best_access_list(trace, ETHEREUM) == ()
    listed = ((OUTER, (1,)),)
    assert best_access_list(trace, POLYGON) == listed
    # 2,400 for the account and 1,900 for the slot; both reads are warm
    assert recount(trace, POLYGON, listed).used == BASE + 2_400 + 1_900 + 210


@pytest.mark.parametrize(
    ("outer", "inner", "listed"),
    [
        (WRITE_7, "", ()),  # 1,040 saved for 2,400
        (CALL_INNER + "00", "", ((INNER, ()),)),  # 2,500 saved for 2,400
        (CALL_INNER * 2 + "00", READ_AND_REVERT, ((INNER, (1,)),)),
        (CALL_INNER + "00", WRITE_AND_REVERT, ((INNER, (1,)),)),
    ],
)
def test_what_is_listed(anvil: Anvil, outer: str, inner: str, listed: AccessList) -> None:
    trace = traced(anvil, outer, inner)
    assert best_access_list(trace, POLYGON) == listed


def test_a_recount_that_does_not_explain_the_charge_is_refused(anvil: Anvil) -> None:
    trace = traced(anvil, WRITE_7, "")
    false = Trace(trace.warm, (), trace.found, trace.spent, trace.used - 1, trace.failed)
    with pytest.raises(RecountError, match="the node charged 26005 gas"):
        recount(false, POLYGON)
