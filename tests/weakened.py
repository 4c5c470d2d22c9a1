"""The executor with one guard taken out of its source text, to show what that guard is worth.

Each guard here is worth money: with it alone gone, a thief ends with tokens that the executor held,
or that its own program had made and did not leave to him.
"""

from dataclasses import replace
from typing import NamedTuple

from replica.contracts import EXECUTOR, Artifact, _compile, artifact_of, compile_job

LIBRARIES = "contracts/libraries"
CYCLE = "contracts/venues/CycleRun.sol"
PAIR_PAYMENT = "if and(bound, shr(255, terms)) {"
ONCE = """
                    tstore(0, 1) // CallbackGuard.spend"""
PAYMENT = "if and(bound, lt(sub(asked, 1), shr(FED, terms))) {"
USUAL_SWAP = """\
add(0xc4, length), 0x00, 0x00)
                // as `CallbackGuard.isMissing` reads it
                """
IF_NOT_LEFT = "if or(lt(next, end), iszero(mload(add(frame, 0x20)))) {"


class Guard(NamedTuple):
    """A line of the contracts and what stands there without it."""

    path: str
    line: str
    without: str


# Not here, since others cover their loss: the sender and initiator of a callback (its hash names
# the caller), that a callback serves once (whether it happened is asked of the same word), the
# callback of `v3_pay` (only the payment would come with it), the zero recipient and a failed
# transfer (the settlement), POL (no call carries any), deadline, base fee and checks of state (the
# least profit), and ends of streams (the model refuses what they refuse, in the test of malformed
# programs).
GUARDS = {
    "settlement": Guard(
        f"{LIBRARIES}/DeclaredTokens.sol", "if (current < before) {", "if (false) {"
    ),
    "settlement in one go": Guard(
        f"{LIBRARIES}/Express.sol", "let short := or(lt(current, before),", "let short := or(0,"
    ),
    "armed callback": Guard(
        f"{LIBRARIES}/CallbackGuard.sol", "if (!armed) revert", "if (false) revert"
    ),
    "declared token": Guard(
        f"{LIBRARIES}/DeclaredTokens.sol",
        "if lt(place, and(tokens, TOKEN_COUNT_MASK)) {",
        "if 1 {",
    ),
    "no allowance left": Guard(
        f"{LIBRARIES}/TokenCalls.sol", "if (left != 0) revert", "if (false) revert"
    ),
    "cycle's pool": Guard(
        CYCLE, "let bound := eq(and(terms, ADDRESS), caller())", "let bound := 1"
    ),
    "cycle's payment": Guard(CYCLE, PAYMENT, "if bound {"),
    "cycle pays once": Guard(CYCLE, f"{PAYMENT}{ONCE}", PAYMENT),
    "cycle pays a pair once": Guard(CYCLE, f"{PAIR_PAYMENT}{ONCE}", PAIR_PAYMENT),
    "executor role": Guard(
        f"{LIBRARIES}/ProgramHeader.sol", "xor(sload(shl(96, caller())), 1),", "0,"
    ),
    "one run": Guard(f"{LIBRARIES}/ProgramHeader.sol", "tload(0) // CallbackGuard", "0 //"),
    "run's lock": Guard(
        f"{LIBRARIES}/CallbackGuard.sol",
        "if iszero(and(shr(opcode, ARMS), lt(cursor, end))) { tstore(SLOT, SPENT) }",
        "",
    ),
    "lock in one go": Guard(f"{LIBRARIES}/Express.sol", "tstore(0, 1) // CallbackGuard.spend", ""),
    "callback happened": Guard(
        f"{LIBRARIES}/CallbackGuard.sol",
        "found := iszero(eq(tload(SLOT), SPENT))",
        "found := 0",
    ),
    "callback of v3 happened": Guard(
        "contracts/venues/UniswapV3.sol", f"{USUAL_SWAP}{IF_NOT_LEFT}", f"{USUAL_SWAP}if 0 {{"
    ),
    "listed pool": Guard(
        "contracts/venues/CurveStableSwap.sol",
        "if (!Authority.isListed(pool)) revert",
        "if (false) revert",
    ),
    "least profit": Guard(
        f"{LIBRARIES}/DeclaredTokens.sol", "if (current - before < minProfit) {", "if (false) {"
    ),
    "least profit in one go": Guard(
        f"{LIBRARIES}/Express.sol", "lt(sub(current, before), least))\n", "0)\n"
    ),
    "highest payment": Guard(
        f"{LIBRARIES}/Payments.sol", "if (amount == 0 || amount > most) revert", "if (false) revert"
    ),
    "loan's terms": Guard("contracts/flash/Loans.sol", "|| premium > most", ""),
}


def compile_weakened(names: list[str], *, deployed: bool) -> dict[str, Artifact]:
    """The executor without each of the guards, in one run of the compiler.

    By the pipeline that is deployed, or by the legacy one, which means the same and takes a
    fraction of the time. A line that is not found exactly once fails: look where it has gone.
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
    settings = job.input["settings"] | {"outputSelection": wanted, "viaIR": deployed}
    made = _compile(replace(job, input=job.input | {"sources": sources, "settings": settings}))
    return {name: artifact_of(made, f"{number}/{EXECUTOR}") for number, name in enumerate(names)}
