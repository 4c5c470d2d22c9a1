"""Guards taken out one at a time: each must give the proofs a counterexample."""

from dataclasses import dataclass

from replica.paths import ROOT


@dataclass(frozen=True, slots=True)
class Weakening:
    """Texts of a guard, what stands in their place, and which proofs must then fail."""

    name: str
    path: str
    changes: tuple[tuple[str, str], ...]
    checks: str

    def text(self) -> str:
        """The weakened source; raises `ValueError` if a guard is not there exactly once."""
        text = (ROOT / self.path).read_text()
        for guard, without in self.changes:
            if text.count(guard) != 1:
                raise ValueError(f"{self.path} has not exactly one `{guard}`")
            text = text.replace(guard, without)
        return text


HEADER = "contracts/libraries/ProgramHeader.sol"
ADMINISTRATION = "contracts/Administration.sol"
CALLBACK_GUARD = "contracts/libraries/CallbackGuard.sol"
CYCLE_RUN = "contracts/venues/CycleRun.sol"

WEAKENINGS = (
    Weakening(
        name="anyone may run",
        path=HEADER,
        changes=(("xor(sload(shl(96, caller())), 1),", "0,"),),
        checks="^check_idle_program",
    ),
    Weakening(
        name="anyone may withdraw",
        path=ADMINISTRATION,
        changes=(
            (
                "function withdraw(address token, uint256 amount) external onlyOwner {",
                "function withdraw(address token, uint256 amount) external {",
            ),
        ),
        checks="^check_idle_withdraw",
    ),
    Weakening(
        name="anyone may become the treasury",
        path=ADMINISTRATION,
        changes=(
            ("if (msg.sender != pendingTreasury) revert NotPendingTreasury(msg.sender);", ""),
        ),
        checks="^check_(idle|armed_v3)_acceptTreasury",
    ),
    Weakening(
        name="callbacks come from anyone, with any data",
        path=CALLBACK_GUARD,
        changes=(("if (!armed) revert IArbitrageExecutor.UnexpectedCallback(msg.sender);", ""),),
        checks="^check_armed_v3_replay",
    ),
    Weakening(
        name="a callback's caller is not part of what is armed",
        path=CALLBACK_GUARD,
        changes=(
            ("or(shl(32, pool), selector)", "selector"),
            ("or(shl(32, caller()), selector)", "selector"),
        ),
        checks="^check_armed_(v2|aave)_replay",
    ),
    Weakening(
        name="a cycle pays whoever asks",
        path=CYCLE_RUN,
        changes=(("let bound := eq(and(terms, ADDRESS), caller())", "let bound := 1"),),
        checks="^check_armed_(run|pairs)_replay",
    ),
    Weakening(
        name="a cycle has whoever asks served by its pools",
        path=CYCLE_RUN,
        changes=(("word := tload(caller())", "word := tload(0)"),),
        checks="^check_armed_(run|pairs)_replay",
    ),
)
