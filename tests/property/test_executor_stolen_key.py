"""A stolen key with pools of its own gains nothing; with any one guard gone it does."""

import pytest
from fuzz_depth import DEEP, rounds, seed
from heist import Breach, Heist, new_heist
from robber_programs import Mastermind
from weakened import GUARDS, compile_weakened

from replica.contracts import Artifact

STRIKES = rounds(3_000, 250_000)
LIFE = 500
"""Strikes until the world begins anew: gifts run out."""
SHORT = ("settlement", "armed callback", "declared token")
PATIENCE = rounds(4_000, 60_000)
"""Strikes within which the loss of a guard must show."""
SEARCHES = 6
"""How often, at most, it is looked for anew until it costs something."""


def strike(heist: Heist, start: int, strikes: int) -> None:
    """So many attempts, raising `Breach` at the first that breaks the law."""
    mark = heist.world.evm.snapshot()
    for number in range(strikes):
        if number % LIFE == 0:
            heist.world.evm.revert(mark)
            mark = heist.world.evm.snapshot()
            mastermind = Mastermind(heist, start + number)
        mastermind.strike()


def test_a_stolen_key_gains_nothing(figures: list[str]) -> None:
    heist = new_heist()
    strike(heist, seed("stolen key"), STRIKES)
    figures.append(f"stolen key: {heist.attempts} calls, {heist.passed} pass, 0 wei gained")
    assert heist.passed > STRIKES // 20, "the law must not be vacuous"


@pytest.fixture(scope="module")
def weakened() -> dict[str, Artifact]:
    return compile_weakened(list(GUARDS) if DEEP else list(SHORT))


@pytest.mark.parametrize("name", GUARDS if DEEP else SHORT)
def test_without_one_guard_it_does(
    weakened: dict[str, Artifact], name: str, figures: list[str]
) -> None:
    # who looks for a theft may first be let through somewhere that costs nothing yet
    for start in range(1, SEARCHES + 1):
        heist = new_heist(weakened[name])
        with pytest.raises(Breach) as caught:
            strike(heist, start * PATIENCE, PATIENCE)
        if caught.value.stolen or not GUARDS[name].steals:
            break
    kind = "steals" if caught.value.stolen else "gets through"
    figures.append(f"without {name}: {kind} after {heist.attempts} calls")
    assert caught.value.stolen or not GUARDS[name].steals
