"""The executor with one guard taken out of its source text, to show what that guard is worth."""

from dataclasses import dataclass, replace

from replica.contracts import EXECUTOR, Artifact, _compile, artifact_of, compile_job

LIBRARIES = "contracts/libraries"


@dataclass(frozen=True)
class Guard:
    """A line of the contracts and what stands there without it.

    `steals` says that its loss alone costs tokens or leaves an allowance. The loss of another lets
    through what must be refused, or breaks a limit of the program; the settlement still holds.
    """

    path: str
    line: str
    without: str
    steals: bool = False


# Not here, since others cover their loss: the sender and initiator of a callback (its hash names
# the caller), the zero recipient and a failed transfer (the settlement), POL (no call carries any),
# and ends of streams (the model refuses what they refuse, in the test of malformed programs).
GUARDS = {
    "settlement": Guard(
        f"{LIBRARIES}/DeclaredTokens.sol", "if (current < before) {", "if (false) {", steals=True
    ),
    "armed callback": Guard(
        f"{LIBRARIES}/CallbackGuard.sol", "if (!armed) revert", "if (false) revert", steals=True
    ),
    "declared token": Guard(
        f"{LIBRARIES}/DeclaredTokens.sol",
        "if lt(place, and(tokens, TOKEN_COUNT_MASK)) {",
        "if 1 {",
        steals=True,
    ),
    "no allowance left": Guard(
        f"{LIBRARIES}/TokenCalls.sol", "if (left != 0) revert", "if (false) revert", steals=True
    ),
    "cycle's pool": Guard(
        "contracts/venues/CycleRun.sol",
        "let bound := eq(and(terms, ADDRESS), caller())",
        "let bound := 1",
    ),
    "cycle's payment": Guard(
        "contracts/venues/CycleRun.sol",
        "if and(bound, lt(sub(asked, 1), shr(161, terms))) {",
        "if bound {",
    ),
    "executor role": Guard(
        f"{LIBRARIES}/ProgramHeader.sol", "xor(sload(shl(96, caller())), 1),", "0,"
    ),
    "one run": Guard(f"{LIBRARIES}/ProgramHeader.sol", "tload(0) // CallbackGuard", "0 //"),
    "callback happened": Guard(
        f"{LIBRARIES}/CallbackGuard.sol",
        "found := iszero(eq(tload(SLOT), SPENT))",
        "found := 0",
    ),
    "listed pool": Guard(
        "contracts/venues/CurveStableSwap.sol",
        "if (!Authority.isListed(pool)) revert",
        "if (false) revert",
    ),
    "least profit": Guard(
        f"{LIBRARIES}/DeclaredTokens.sol", "if (current - before < minProfit) {", "if (false) {"
    ),
    "highest payment": Guard(
        f"{LIBRARIES}/Payments.sol", "if (amount == 0 || amount > most) revert", "if (false) revert"
    ),
    "loan's terms": Guard("contracts/flash/Loans.sol", "|| premium > most", ""),
}


def compile_weakened(names: list[str]) -> dict[str, Artifact]:
    """The executor without each of the guards, in one run of the compiler.

    A line that is not found exactly once fails: a guard that was moved must be found again.
    """
    path, contract = EXECUTOR.rsplit(":", 1)
    job = compile_job(path)
    whole: dict[str, dict[str, str]] = job.input["sources"]
    sources = {where: text for where, text in whole.items() if not where.startswith("contracts/")}
    own = {where: text["content"] for where, text in whole.items() if where not in sources}
    for number, name in enumerate(names):
        guard = GUARDS[name]
        assert own[guard.path].count(guard.line) == 1, f"{name}: {guard.line!r} in {guard.path}"
        weak = own | {guard.path: own[guard.path].replace(guard.line, guard.without)}
        sources |= {f"{number}/{where}": {"content": text} for where, text in weak.items()}
    wanted = {
        f"{number}/{path}": {
            contract: ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]
        }
        for number in range(len(names))
    }
    settings = job.input["settings"] | {"outputSelection": wanted}
    made = _compile(replace(job, input=job.input | {"sources": sources, "settings": settings}))
    return {name: artifact_of(made, f"{number}/{EXECUTOR}") for number, name in enumerate(names)}
