"""The mutator itself: which faults it makes, that they are whole, and what the campaign demands."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from replica.paths import ROOT
from toolchain.mutate import report
from toolchain.mutate.areas import GUARDED
from toolchain.mutate.judge import Verdict
from toolchain.mutate.memory import Memory
from toolchain.mutate.mutants import Mutant, all_mutants
from toolchain.mutate.report import Result, passes, reason, text
from toolchain.warm_compiler import Compiler

PATH = "contracts/Tiny.sol"
SOURCE = """// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

contract Tiny {
    uint256 private _size = 7; // größe: more bytes than letters

    modifier only() {
        if (msg.sender == address(0)) revert();
        _;
    }

    function f(uint256 a) external only returns (uint256 r) {
        if (a < 9 && !(a == 3)) _size = a + 1;
        assembly ("memory-safe") {
            if iszero(lt(a, 5)) { tstore(0, a) }
            r := shl(2, a)
        }
    }
}
"""
EXPECTED = {
    ("drop", "only", ""),
    ("drop", "revert()", "{}"),
    ("drop", "_size = a + 1", "{}"),
    ("drop", "r := shl(2, a)", ""),
    ("drop", "tstore(0, a)", ""),
    ("condition", "a < 9 && !(a == 3)", "false"),
    ("condition", "a < 9 && !(a == 3)", "true"),
    ("condition", "iszero(lt(a, 5))", "0"),
    ("operator", "<", "<="),
    ("operator", "&&", "||"),
    ("operator", "==", "!="),
    ("operator", "+", "-"),
    ("negate", "!(a == 3)", "(a == 3)"),
    ("negate", "iszero(lt(a, 5))", "lt(a, 5)"),
    ("boundary", "lt(a, 5)", "iszero(gt(a, 5))"),
    ("opcode", "tstore", "sstore"),
    ("opcode", "shl", "shr"),
    ("constant", "7", "8"),
    ("caller", "msg.sender", "tx.origin"),
}


@pytest.fixture(scope="module")
def compiler() -> Iterator[Compiler]:
    with Compiler.start() as running:
        yield running


@pytest.fixture(scope="module")
def mutants(compiler: Compiler) -> list[Mutant]:
    tree = compiler.trees([(PATH, SOURCE)])[PATH]
    return all_mutants({PATH: tree}, {PATH: SOURCE.encode()})


def test_it_makes_the_faults_that_it_should(mutants: list[Mutant]) -> None:
    found = {(m.operator, m.before.rstrip(";"), m.after) for m in mutants}
    assert found >= EXPECTED


def test_each_fault_is_one_change_in_its_place(mutants: list[Mutant]) -> None:
    lines = SOURCE.split("\n")
    for mutant in mutants:
        assert mutant.before.split("\n")[0] in lines[mutant.line - 1]
        changed = mutant.apply(SOURCE.encode())
        assert len(changed) - len(SOURCE.encode()) == len(mutant.after.encode()) - len(
            mutant.before.encode()
        )
    assert {m.function for m in mutants if m.assembly} == {"f"}
    assert len(mutants) == len(set(mutants))


def test_the_same_sources_give_the_same_mutants(compiler: Compiler, mutants: list[Mutant]) -> None:
    tree = compiler.trees([(PATH, SOURCE)])[PATH]
    assert all_mutants({PATH: tree}, {PATH: SOURCE.encode()}) == mutants


def test_a_fault_that_does_not_compile_is_told_from_one_that_does(compiler: Compiler) -> None:
    path = "contracts/libraries/CallbackGuard.sol"
    assert compiler.executor([(path, "contract Nothing {")]) is None
    assert compiler.executor() is not None


TWICE = """// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

contract Twice {
    function f(uint256 a) external pure returns (bool) {
        return a < 9 || a < 7;
    }

    function g(uint256 a) external pure returns (bool) {
        return a < 9 || a < 7;
    }
}
"""
LINE = {"path": "contracts/Twice.sol", "code": "return a < 9 || a < 7;"}
FAULT = {"before": "<", "after": "<=", "reason": "none"}


@pytest.mark.parametrize(
    ("entry", "excused"),
    [
        (LINE | FAULT, {("f", 1), ("f", 2), ("g", 1), ("g", 2)}),
        (LINE | FAULT | {"function": "g"}, {("g", 1), ("g", 2)}),
        (LINE | FAULT | {"nth": 2}, {("f", 2), ("g", 2)}),
        (LINE | FAULT | {"function": "f", "nth": 2}, {("f", 2)}),
        (FAULT | {"pattern": r"\|\| a < \d", "nth": 1}, {("f", 1), ("g", 1)}),
        (FAULT | {"pattern": "&&"}, set()),
        (LINE | FAULT | {"after": ">="}, set()),
        (LINE | FAULT | {"nht": 2}, set()),
    ],
)
def test_an_entry_excuses_the_fault_that_it_names(
    compiler: Compiler,
    monkeypatch: pytest.MonkeyPatch,
    entry: dict[str, str | int],
    excused: set[tuple[str, int]],
) -> None:
    path = str(LINE["path"])
    tree = compiler.trees([(path, TWICE)])[path]
    found = all_mutants({path: tree}, {path: TWICE.encode()})
    monkeypatch.setattr(report, "explained", lambda: [entry])
    assert {(m.function, m.nth) for m in found if reason(m)} == excused
    assert {(m.before, m.after) for m in found if reason(m)} <= {("<", "<=")}


def test_every_entry_excuses_a_fault_and_one_of_a_line_no_other(
    compiler: Compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    trees = compiler.trees()
    found = all_mutants(trees, {path: (ROOT / path).read_bytes() for path in trees})
    for entry in report.explained():
        monkeypatch.setattr(report, "explained", lambda entry=entry: [entry])
        excused = [(m.line, m.nth) for m in found if reason(m)]
        assert len(excused) == 1 or (excused and "pattern" in entry), entry


def result(outcome: str, path: str = "contracts/venues/V.sol") -> Result:
    mutant = Mutant(path, "f", 1, 0, "a", "b", "drop", assembly=False)
    return Result(mutant, Verdict(outcome))


@pytest.mark.parametrize(
    ("outcomes", "passed"),
    [
        (["killed"] * 9 + ["timeout"], True),
        (["killed"] * 99 + ["survived"], False),
        (["survived"], False),
        (["same", "invalid"], True),
    ],
)
def test_an_unexplained_survivor_fails_the_campaign(outcomes: list[str], passed: bool) -> None:
    results = [result(outcome) for outcome in outcomes]
    assert passes(results) == passed
    assert ("**Unexplained.**" in text(results, "")) == ("survived" in outcomes)


def test_an_entry_that_a_test_refutes_fails_the_campaign(monkeypatch: pytest.MonkeyPatch) -> None:
    entry: dict[str, str | int] = {"path": "contracts/venues/V.sol", "reason": "Alike."}
    monkeypatch.setattr(report, "explained", lambda: [entry])
    results = [result("killed", "contracts/venues/W.sol")] * 9
    assert passes([*results, result("survived")])
    wrong = [*results, result("killed")]
    assert not passes(wrong)
    assert "became `b`. **By " in text(wrong, "")


def test_the_report_counts_each_area() -> None:
    guard = "contracts/libraries/CallbackGuard.sol"
    said = text([result("killed"), result("killed", guard), result("survived", guard)], "")
    assert "| callback | 2 | 1 | 0 | 1 | 50.0 |" in said
    assert "| venues | 1 | 1 | 0 | 0 | 100.0 |" in said
    assert result("killed", guard).mutant.area in GUARDED


def test_a_verdict_is_kept_for_as_long_as_its_file_is_the_same(
    tmp_path: Path, mutants: list[Mutant]
) -> None:
    text, path = SOURCE.encode(), tmp_path / "verdicts.jsonl"
    first, *others = mutants
    Memory.of(path).keep(first, text, Verdict("killed", "tests/a.py::test_a[1]"))
    memory = Memory.of(path)
    assert memory.recall(first, text) == Verdict("killed", "tests/a.py::test_a[1]")
    assert {memory.recall(other, text) for other in others} == {None}
    assert memory.recall(first, text + b"\n") is None


def test_what_killed_most_in_a_place_is_tried_first(tmp_path: Path) -> None:
    memory, mutant = Memory(tmp_path / "verdicts.jsonl"), result("killed").mutant
    for test in ("t.py::often", "t.py::often", "t.py::seldom"):
        memory.credit(mutant.path, "another", test)
    memory.credit(mutant.path, mutant.function, "t.py::here")
    memory.credit(mutant.path, mutant.function, "signal 11")
    assert memory.likely(mutant) == ["t.py::here", "t.py::often", "t.py::seldom"]
