"""A stolen key with pools of its own gains nothing; with any one guard gone it does."""

from collections.abc import Iterator

import pytest
from fuzz_depth import DEEP, rounds, seed
from heist import Breach, Heist, new_heist
from robber_programs import Mastermind
from weakened import GUARDS, compile_weakened

from replica.contracts import Artifact

STRIKES = rounds(3_000, 250_000)
LIFE = 500
"""Strikes until the world begins anew: gifts run out."""
PATIENCE = 20_000
"""Strikes within which the loss of a guard must cost something."""


def attack(heist: Heist, start: int, strikes: int) -> Iterator[Mastermind]:
    """Who is to strike next, so many times."""
    mark = heist.world.evm.snapshot()
    for number in range(strikes):
        if number % LIFE == 0:
            heist.world.evm.revert(mark)
            mark = heist.world.evm.snapshot()
            mastermind = Mastermind(heist, start + number)
        yield mastermind


def costs(mastermind: Mastermind) -> bool:
    """Whether a strike gains something: to be let through where it costs nothing is too little."""
    try:
        mastermind.strike()
    except Breach as breach:
        return breach.stolen
    return False


def test_a_stolen_key_gains_nothing(figures: list[str]) -> None:
    heist = new_heist()
    for mastermind in attack(heist, seed("stolen key"), STRIKES):
        mastermind.strike()
    figures.append(f"stolen key: {heist.attempts} calls, {heist.passed} pass, 0 wei gained")
    figures.append(f"of the keeper's own programs with a thief in their way {heist.unharmed} pass")
    assert heist.passed > STRIKES // 20, "the law must not be vacuous"
    assert heist.unharmed > STRIKES // 100, "nor that of the keeper's own programs"


@pytest.fixture(scope="module")
def weakened() -> dict[str, Artifact]:
    return compile_weakened(list(GUARDS), deployed=DEEP)


@pytest.mark.parametrize("name", GUARDS)
def test_without_one_guard_it_does(
    weakened: dict[str, Artifact], name: str, figures: list[str]
) -> None:
    heist = new_heist(weakened[name])
    stolen = any(costs(each) for each in attack(heist, seed("weakened"), PATIENCE))
    figures.append(
        f"without {name}: {'steals' if stolen else 'nothing'} after {heist.attempts} calls"
    )
    assert stolen
