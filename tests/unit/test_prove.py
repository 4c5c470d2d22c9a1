"""The proofs cover the ABI as it is: a function without them, or a guard that moved, fails."""

import re

import pytest

from toolchain.prove import selectors
from toolchain.prove.weakenings import WEAKENINGS, Weakening

TEXT = selectors.OUTPUT.read_text()
FUNCTIONS = [entry["name"] for entry in selectors.entries() if entry["type"] == "function"]


def test_the_proofs_are_those_of_the_abi() -> None:
    assert selectors.solidity() == TEXT, "run `python -m toolchain.prove.selectors`"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_is_proved_idle_and_armed(name: str) -> None:
    found = set(re.findall(rf"check_(\w+?)_{name}(?:_\d+)?\(", TEXT))
    assert found == {"idle", *(f"armed_{context}" for context in selectors.programs())}


def test_each_arming_is_answered_with_exactly_what_it_binds() -> None:
    assert set(selectors.replays()) == set(selectors.programs())
    for context, (_, _, data) in selectors.replays().items():
        assert data.startswith(selectors.BOUND) == (context not in selectors.CYCLES)  # no data
        assert data.removeprefix(selectors.BOUND) in selectors.programs()[context]
        assert len(data) <= 96  # with its prefix, all that the checker hashes


@pytest.mark.parametrize("weakening", WEAKENINGS, ids=lambda each: each.name)
def test_each_guard_that_is_taken_out_is_there(weakening: Weakening) -> None:
    assert weakening.text()
    assert re.search(weakening.checks[1:], TEXT)
