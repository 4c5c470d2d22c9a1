"""One proof per selector and situation, written from the ABI: tests/formal/Selectors.t.sol.

Run as `python -m toolchain.prove.selectors`; a test fails where the file and the ABI differ.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eth_utils.abi import function_signature_to_4byte_selector
from eth_utils.crypto import keccak

from keeper.chain import Address, Protocol
from keeper.execution import program_table as table
from keeper.execution.program import Funding, encode_program
from keeper.execution.program_stream import cell
from keeper.strategies.opportunity import Leg
from replica.contracts import compile_executor
from replica.paths import ROOT

OUTPUT = ROOT / "tests" / "formal" / "Selectors.t.sol"
ARMED, FIRST = (Address(bytes([0xA0]) + bytes(18) + bytes([n])) for n in (1, 2))
PAIRS = tuple(Address(bytes([0xB0]) + bytes(18) + bytes([n])) for n in range(3))
"""tests/formal/Watch.sol's: the directory, pools and pairs in their order."""

TOKEN = Address(table.WPOL)
BETWEEN = Address(bytes([0x0E]) * 20)

BOUND = bytes([table.LEAD_WPOL << table.TOKEN_LEAD_SHIFT])
"""The declared tokens, which travel before whatever a pool is bound to."""

NESTED = bytes([table.OP_PAY | table.TO_CALLER << table.RECIPIENT_SHIFT]) + bytes(sum(table.PAY))
"""A payment of nothing, which would pass; short, as the checker knows no hash of over 128 bytes."""

ARMED_CELL, FIRST_CELL = (cell(table.CYCLE_POOL, (place, 0)) for place in (1, 2))
SECTION = cell(table.CYCLE_PAIR, (64, 0, 1, 3, 0)) + cell(table.CYCLE_PAIR, (65, 0, 0, 2, 0))
"""Cells of the pairs between the two: 3 goes into the first pool, 2 into the second pair."""
ENTRY = cell(table.CYCLE_PAIR, (66, 1, 0, 1, 0))
"""The cell of the pair before the first pool, which takes 1."""

GIVING_2 = -2 % (1 << table.CYCLE_PAIR[3])
"""The amount of a cycle that gives 2."""

CYCLES = ("run", "pairs")
"""Programs whose first pool is `FIRST`."""

CALLBACKS = (
    *("uniswapV2Call_", "uniswapV3SwapCallback_", "algebraSwapCallback_", "unlockCallback_"),
    *("uniswapV3FlashCallback_", "executeOperation_", "receiveFlashLoan_", "onMorphoFlashLoan_"),
)
"""What is known by a hash of its last argument, the names with the argument's length."""

HASH_BITS = 1 << 254
"""What CallbackGuard sets in the place of a hash's lowest bits, moved two down."""

SELECTOR_SIZE = 4
LENGTHS = (0, 1, 96)
"""Of each dynamic argument, besides those that an armed pool is bound to."""
UNLISTED_LENGTHS = (1, 4, 164)
VIEWS = ("view", "pure")
Entry = Mapping[str, Any]


def entries() -> list[Entry]:
    """What the ABI lets be called, the fallback included."""
    kinds = ("function", "fallback")
    return [entry for entry in compile_executor().abi if entry["type"] in kinds]


def programs() -> dict[str, bytes]:
    """Runs that arm `ARMED`, by the command that does."""
    pool = int.from_bytes(ARMED)
    size = len(NESTED)
    cells = ENTRY + FIRST_CELL + SECTION + ARMED_CELL
    return {
        "v3": _program(table.OP_V3, table.V3, (pool, 1, size), NESTED),
        "v2": _program(table.OP_V2_FLASH, table.V2_FLASH, (pool, 1, size), NESTED),
        "aave": _program(table.OP_AAVE, table.AAVE, (size, 0, 1, 0), NESTED),
        # in the express form: `ARMED` has a word that passes on
        "run": _program(
            table.OP_CYCLE_RUN, table.CYCLE_RUN, (0, GIVING_2), FIRST_CELL + ARMED_CELL
        ),
        # in the general one: the word of `ARMED` names a section of two pairs
        "pairs": _program(table.OP_CYCLE_RUN, table.CYCLE_RUN, (len(cells), GIVING_2), cells),
    }


def _program(opcode: int, widths: Sequence[int], values: Sequence[int], nested: bytes) -> bytes:
    """A program of one command, with a nested stream or cells."""
    fields = (value.to_bytes(width) for value, width in zip(values, widths, strict=True))
    return empty_program() + bytes([opcode]) + b"".join(fields) + nested


def empty_program() -> bytes:
    """The header of an encoded program, its token in it: it passes for whoever may run it."""
    legs = (
        Leg(ARMED, Protocol.UNISWAP_V3, True, TOKEN, BETWEEN, 1, 1),
        Leg(ARMED, Protocol.UNISWAP_V3, False, BETWEEN, TOKEN, 1, 1),
    )
    encoded = encode_program(
        legs,
        funding=Funding.FLASH_SWAP,
        profit_token=TOKEN,
        min_profit_raw=0,
        deadline_block=2**31,
        max_base_fee_wei=2**45,
    )
    return encoded[: SELECTOR_SIZE + table.HEADER_SIZE]


def replays() -> dict[str, tuple[str, list[str], bytes]]:
    """The callback that each program expects: signature, arguments before the data, and the data.

    From the armed pool it would pass.
    """
    us, terms = "address(executor)", programs()["aave"][-len(NESTED) - sum(table.AAVE) + 2 :]
    stream = BOUND + NESTED
    return {
        "v3": ("uniswapV3SwapCallback(int256,int256,bytes)", ["1", "1"], stream),
        "v2": ("uniswapV2Call(address,uint256,uint256,bytes)", [us, "1", "1"], stream),
        "aave": (
            "executeOperation(address,uint256,uint256,address,bytes)",
            ["TOKEN", "1", "0", us],
            BOUND + terms,
        ),
        **dict.fromkeys(CYCLES, ("uniswapV3SwapCallback(int256,int256,bytes)", ["1", "1"], b"")),
    }


def armed_words() -> dict[str, int]:
    """What CallbackGuard's word is while `ARMED` has been called, by the program that does."""
    bound = ((name, *each) for name, each in replays().items() if name not in CYCLES)
    return {
        name: HASH_BITS
        | int.from_bytes(
            keccak(
                (int.from_bytes(ARMED) << 32).to_bytes(32)[:-SELECTOR_SIZE]
                + function_signature_to_4byte_selector(signature)
                + data
            )
        )
        >> 2
        for name, signature, _, data in bound
    }


def _replays() -> Iterator[str]:
    for context, (signature, words, data) in replays().items():
        arguments = ", ".join((f'"{signature}"', *words, f'hex"{data.hex()}"'))
        call = f"abi.encodeWithSignature({arguments})"
        yield _check(f"armed_{context}", "replay", _attack(call, "false", context, len(data)))


def _attack(call: str, reads: str, context: str, length: int | str | None) -> str:
    """The proof's body; `length` is that of a last argument by whose hash the call is known."""
    asked = f"{call}, {reads}, {context.upper()}"
    if length is None or context in CYCLES:
        return f"_armed({asked});"
    return f"_bound({asked}, WORD_{context.upper()}, {length});"


def bound_lengths() -> set[int]:
    """Lengths of the data that the programs bind callbacks to: without these nothing is proved."""
    return {len(data) for _, _, data in replays().values()}


def solidity() -> str:
    """The whole source."""
    head = (
        "// SPDX-License-Identifier: UNLICENSED",
        "// Generated from the ABI: `python -m toolchain.prove.selectors`.",
        "pragma solidity 0.8.30;",
        "",
        'import {svm, vm} from "./Cheats.sol";',
        'import {Stranger} from "./Stranger.sol";',
        'import {TOKEN} from "./Watch.sol";',
        "",
        "contract Selectors is Stranger {",
    )
    run = _check("idle", "program", f'_idle(hex"{empty_program().hex()}", false);')
    constants = [
        f'bytes private constant {n.upper()} = hex"{p.hex()}";' for n, p in programs().items()
    ]
    constants += [
        f"uint256 private constant WORD_{n.upper()} = 0x{word:064x};"
        for n, word in armed_words().items()
    ]
    body = [line for entry in entries() for line in _checks(entry)]
    body = [f"    {line}" for line in (*constants, run, *body, *_replays(), *_unlisted())]
    return "\n".join([*head, *body, "}", ""])


def _checks(entry: Entry) -> Iterator[str]:
    reads = "true" if entry.get("stateMutability") in VIEWS else "false"
    if entry["type"] == "fallback":
        yield _check("idle", "nothing", '_idle("", true);')
    for name, data in _calls(entry):
        yield _check("idle", name, f"_idle({data}, {reads});")
        for context in programs():
            length = name.rpartition("_")[2] if name.startswith(CALLBACKS) else None
            yield _check(f"armed_{context}", name, _attack(data, reads, context, length))


def _check(situation: str, name: str, body: str) -> str:
    return f"function check_{situation}_{name}() public {{ {body} }}"


def _calls(entry: Entry) -> Iterator[tuple[str, str]]:
    """Names and symbolic calldata of one entry, in every shape that is proved."""
    if entry["type"] == "fallback":
        yield "fallback", f'bytes.concat(hex"00000000", {_bytes(160)})'
        return
    types = [part["type"] for part in entry["inputs"]]
    selector = _selector(entry)
    if not any(_is_dynamic(kind) for kind in types):
        # raw bytes, one word more than the arguments take
        yield entry["name"], f'bytes.concat(hex"{selector}", {_bytes(32 * len(types) + 32)})'
        return
    for length in sorted({*LENGTHS, *bound_lengths()}):
        words = ", ".join(_argument(kind, length) for kind in types)
        yield f"{entry['name']}_{length}", f'abi.encodeWithSelector(hex"{selector}", {words})'


def _is_dynamic(kind: str) -> bool:
    return kind in ("bytes", "string") or kind.endswith("[]")


def _argument(kind: str, length: int) -> str:
    if kind in ("bytes", "string"):
        return _bytes(length)
    if kind.endswith("[]"):
        return "_one()"
    return 'svm.createUint256("word")'  # a whole word, its unused bits too


def _bytes(length: int) -> str:
    return f'svm.createBytes({length}, "data")' if length else '""'


def _unlisted() -> Iterator[str]:
    """Selectors that the ABI does not list, and calls too short to have one."""
    yield "function _unlisted(bytes memory data) private returns (bytes memory) {"
    yield "    // forge-lint: disable-next-line(unsafe-typecast)"
    yield "    bytes4 selector = bytes4(data); // of fewer bytes, the rest zero"
    for entry in entries():
        if entry["type"] == "function":
            yield f'    vm.assume(selector != hex"{_selector(entry)}");'
    yield "    return data;"
    yield "}"
    for length in UNLISTED_LENGTHS:
        yield _check("idle", f"unlisted_{length}", f"_idle(_unlisted({_bytes(length)}), false);")


def _selector(entry: Entry) -> str:
    types = ",".join(part["type"] for part in entry["inputs"])
    return function_signature_to_4byte_selector(f"{entry['name']}({types})").hex()


if __name__ == "__main__":
    OUTPUT.write_text(solidity())
