"""The probes themselves: they change nothing, and tell every side of every branch apart."""

import pyrevm
import pytest
from eth_utils.abi import function_signature_to_4byte_selector as selector_of

from replica.contracts import artifact_of
from toolchain.coverage.__main__ import PLAIN
from toolchain.coverage.probes import Place, Prober, shown, with_helper
from toolchain.coverage.watch import watched
from toolchain.warm_compiler import CODE, Compiler

PATH = "contracts/Tiny.sol"
SOURCE = """// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

contract Tiny {
    function f(uint256 a) external pure returns (uint256 r) {
        if (a == 1) return 10;
        if (a == 2) revert();
        else if (a == 3) r = 30;
        r += a > 4 ? 5 : 6;
        for (uint256 i = 5; i < a; ++i) {
            r += 100;
        }
        assembly ("memory-safe") {
            if eq(a, 7) { r := 70 }
            switch a
            case 8 { r := 80 }
            default { }
        }
    }

    function unused() external pure { }
}
"""
WANTED = {1: 10, 2: None, 3: 36, 4: 6, 5: 5, 6: 105, 7: 70, 8: 80}
CALLER = "0x" + "11" * 20


@pytest.fixture(scope="module")
def built() -> tuple[bytes, bytes, list[Place]]:
    """Creation code without and with probes, and what these stand for."""
    prober = Prober()
    with Compiler.start() as compiler:
        tree = compiler.trees([(PATH, SOURCE)])[PATH]
        probed = with_helper(prober.probed(PATH, tree, SOURCE.encode())).decode()
        codes = []
        for text in (SOURCE, probed):
            output = compiler.ask([(PATH, text)], {PATH: {"*": ["abi", *CODE]}}, **PLAIN)
            codes.append(artifact_of(output["contracts"], f"{PATH}:Tiny").creation_code)
    return codes[0], codes[1], prober.places


def answer(evm: pyrevm.EVM, where: str, a: int) -> int | None:
    try:
        data = selector_of("f(uint256)") + a.to_bytes(32)
        return int.from_bytes(evm.message_call(caller=CALLER, to=where, calldata=data))
    except RuntimeError:
        return None


@pytest.mark.parametrize("probed", [False, True])
def test_probes_change_no_answer(built: tuple[bytes, bytes, list[Place]], probed: bool) -> None:
    evm = pyrevm.EVM()
    where = evm.deploy(deployer=CALLER, code=built[probed])
    assert {a: answer(evm, where, a) for a in WANTED} == WANTED


def reached(built: tuple[bytes, bytes, list[Place]], *values: int) -> set[tuple[str, int, str]]:
    """What calls with these values reach, in fresh EVMs."""
    hit: set[int] = set()
    evm = watched(hit, pyrevm.EVM)()
    where = evm.deploy(deployer=CALLER, code=built[1])
    for a in values:
        answer(evm, where, a)
    return {(p.kind, p.line, p.name) for p, found in shown(built[2], hit) if found}


def test_a_revert_does_not_hide_what_was_reached(
    built: tuple[bytes, bytes, list[Place]],
) -> None:
    assert ("branch", 7, "holds") in reached(built, 2)
    assert ("branch", 7, "fails") not in reached(built, 2)


def test_each_side_of_a_branch_is_told_apart(built: tuple[bytes, bytes, list[Place]]) -> None:
    assert reached(built, 1) == {
        ("function", 5, "f"),
        ("line", 6, ""),
        ("branch", 6, "holds"),
    }
    four = reached(built, 4)
    assert {name for kind, line, name in four if kind == "branch" and line == 9} == {"fails"}
    assert {name for kind, line, name in four if kind == "branch" and line == 10} == {"ends"}
    assert ("branch", 14, "fails") in four
    seven = reached(built, 7) - four
    assert {("branch", 14, "holds"), ("branch", 9, "holds"), ("branch", 10, "goes on")} <= seven


def test_all_inputs_together_leave_only_what_is_never_called(
    built: tuple[bytes, bytes, list[Place]],
) -> None:
    every = {(p.kind, p.line, p.name) for p in built[2]}
    assert every - reached(built, *WANTED) == {("function", 21, "unused")}
