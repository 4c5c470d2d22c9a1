"""States that no contract can be in, or could not trade in, are refused with a reason."""

from collections.abc import Callable
from typing import Any

import pytest

from keeper.chain import Protocol
from keeper.market.venues import balancer_stable, balancer_weighted, curve, registry
from keeper.market.venues.balancer import MAX_BALANCE, ONE
from keeper.market.venues.base import Exclusion, PoolExcluded
from keeper.market.venues.curve_math import Rounding
from keeper.market.venues.uniswap_v4 import whole_fees

Build = Callable[..., object]
TWO = 2 * ONE
CURVE: dict[str, Any] = {
    "balances": [ONE, TWO],
    "rates": [ONE, ONE],
    "amp": 20_000,
    "fee_e10": 4_000_000,
    "admin_fee_e10": 5 * 10**9,
    "rounding": Rounding.NG,
    "offpeg_e10": 2 * 10**10,
}
WEIGHTED: dict[str, Any] = {
    "balances": [ONE, TWO],
    "scaling": [ONE, ONE],
    "fee_e18": 10**15,
    "weights": [ONE // 5, ONE - ONE // 5],
}
STABLE: dict[str, Any] = {
    "balances": [ONE, TWO],
    "scaling": [ONE, ONE],
    "fee_e18": 10**15,
    "amp": 200_000,
}
FAULTS: list[tuple[Build, dict[str, Any], str, object]] = [
    (curve.state_of, CURVE, "balances", [ONE]),
    (curve.state_of, CURVE, "balances", [ONE] * 9),
    (curve.state_of, CURVE, "balances", [ONE, -1]),
    (curve.state_of, CURVE, "balances", [ONE, 1]),
    (curve.state_of, CURVE, "rates", [ONE]),
    (curve.state_of, CURVE, "rates", [ONE, 0]),
    (curve.state_of, CURVE, "precision", 10),
    (curve.state_of, CURVE, "amp", 0),
    (curve.state_of, CURVE, "amp", 10**8 + 1),
    (curve.state_of, CURVE, "fee_e10", -1),
    (curve.state_of, CURVE, "fee_e10", 5 * 10**9 + 1),
    (curve.state_of, CURVE, "admin_fee_e10", 10**10 + 1),
    (curve.state_of, CURVE, "offpeg_e10", -1),
    (curve.state_of, CURVE, "offpeg_e10", 10**14),
    (balancer_weighted.state_of, WEIGHTED, "balances", [ONE]),
    (balancer_weighted.state_of, WEIGHTED, "balances", [ONE, MAX_BALANCE + 1]),
    (balancer_weighted.state_of, WEIGHTED, "scaling", [ONE]),
    (balancer_weighted.state_of, WEIGHTED, "scaling", [ONE, 0]),
    (balancer_weighted.state_of, WEIGHTED, "fee_e18", 10**12 - 1),
    (balancer_weighted.state_of, WEIGHTED, "fee_e18", 10**17 + 1),
    (balancer_weighted.state_of, WEIGHTED, "weights", [ONE]),
    (balancer_weighted.state_of, WEIGHTED, "weights", [ONE // 2, ONE // 4]),
    (balancer_weighted.state_of, WEIGHTED, "weights", [ONE // 200, ONE - ONE // 200]),
    (balancer_stable.state_of, STABLE, "balances", [ONE, -1]),
    (balancer_stable.state_of, STABLE, "balances", [1, MAX_BALANCE]),
    (balancer_stable.state_of, STABLE, "amp", 999),
    (balancer_stable.state_of, STABLE, "amp", 5_000_001),
]


@pytest.mark.parametrize(("build", "sound", "field", "value"), FAULTS)
def test_one_fault_alone_excludes_a_pool(
    build: Build, sound: dict[str, Any], field: str, value: object
) -> None:
    assert build(**sound)
    with pytest.raises(PoolExcluded) as caught:
        build(**sound | {field: value})
    assert caught.value.reason is Exclusion.INVALID_STATE


def test_fees_of_v4_join_and_must_leave_something() -> None:
    assert whole_fees(3_000, 0) == (3_000, 3_000)
    assert whole_fees(3_000, 1_000 << 12 | 500) == (3_499, 3_997)
    with pytest.raises(PoolExcluded) as caught:
        whole_fees(1_000_000, 0)
    assert caught.value.reason is Exclusion.WHOLE_FEE
    with pytest.raises(PoolExcluded) as caught:
        whole_fees(3_000, 1_001)
    assert caught.value.reason is Exclusion.INVALID_STATE


def test_every_protocol_has_one_adapter() -> None:
    assert not registry.VENUES.keys() & registry.READINGS.keys()
    assert registry.VENUES.keys() | registry.READINGS.keys() == set(Protocol)
