"""What a mutant changes, by the kind of syntax node that solc reports."""

from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]
Edit = tuple[int, int, bytes, str]
"""Byte offset, bytes replaced, replacement, and the operator's name."""

BINARY = {
    "<": ("<=", ">"),
    "<=": ("<", ">"),
    ">": (">=", "<"),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
    "+": ("-",),
    "-": ("+",),
    "*": ("/",),
    "/": ("*",),
    "%": ("*",),
    "&": ("|",),
    "|": ("&",),
    "^": ("|",),
    "<<": (">>",),
    ">>": ("<<",),
    "&&": ("||",),
    "||": ("&&",),
}
OPCODES = {
    "add": "sub",
    "sub": "add",
    "mul": "div",
    "div": "mul",
    "mod": "div",
    "and": "or",
    "or": "and",
    "xor": "or",
    "shl": "shr",
    "shr": "shl",
    "sar": "shr",
    "lt": "gt",
    "gt": "lt",
    "slt": "sgt",
    "sgt": "slt",
    "byte": "shr",
    "signextend": "shl",
    "tload": "sload",
    "sload": "tload",
    "tstore": "sstore",
    "sstore": "tstore",
    "caller": "origin",
    "address": "caller",
    "calldatasize": "returndatasize",
    "returndatasize": "calldatasize",
    "extcodesize": "balance",
    "selfbalance": "callvalue",
    "mload": "calldataload",
    "calldataload": "mload",
    "calldatacopy": "codecopy",
}
NOT_STRICT = {"lt": "gt", "gt": "lt", "slt": "sgt", "sgt": "slt"}
"""a < b becomes not (a > b)."""
DROPPED = ("ExpressionStatement", "RevertStatement", "EmitStatement", "Return")
YUL_DROPPED = ("YulExpressionStatement", "YulAssignment", "YulBreak", "YulContinue", "YulLeave")
CONDITIONS = ("IfStatement", "WhileStatement", "DoWhileStatement", "ForStatement")


def span(node: Node) -> tuple[int, int]:
    """Byte offset and length of a node in its file."""
    start, length, _ = node["src"].split(":")
    return int(start), int(length)


def edits(node: Node, text: bytes) -> Iterator[Edit]:
    """Every single change of this node itself, its children apart."""
    kind = node["nodeType"]
    if kind in DROPPED:
        yield _dropped(node, text)
    elif kind in YUL_DROPPED:
        yield (*span(node), b"", "drop")
    elif kind in CONDITIONS and node.get("condition"):
        start, length = span(node["condition"])
        values = (b"false", b"true") if kind == "IfStatement" else (b"false",)
        yield from ((start, length, value, "condition") for value in values)
    elif kind in ("YulIf", "YulForLoop"):
        start, length = span(node["condition"])
        values = (b"0", b"1") if kind == "YulIf" else (b"0",)
        yield from ((start, length, value, "condition") for value in values)
    elif kind == "Conditional":
        start, length = span(node["condition"])
        yield start, length, b"!(" + text[start : start + length] + b")", "negate"
    elif kind == "ModifierInvocation" and node.get("kind") == "modifierInvocation":
        yield (*span(node), b"", "drop")
    else:
        yield from _expression(kind, node, text)


def _expression(kind: str, node: Node, text: bytes) -> Iterator[Edit]:
    start, length = span(node)
    if kind == "BinaryOperation":
        yield from _operator(node, text)
    elif kind == "UnaryOperation":
        yield from _unary(node, text)
    elif kind in {"Literal", "YulLiteral"}:
        yield from _literal(node, node["kind"])
    elif kind == "MemberAccess" and text[start : start + length] == b"msg.sender":
        yield start, length, b"tx.origin", "caller"
    elif kind == "YulVariableDeclaration" and node["value"]:
        if node["value"]["nodeType"] != "YulLiteral" and len(node["variables"]) == 1:
            yield (*span(node["value"]), b"0", "zero")
    elif kind == "YulFunctionCall":
        yield from _opcode(node, text)


def _dropped(node: Node, text: bytes) -> Edit:
    start, length = span(node)
    end = start + length
    while text[end : end + 1].isspace():
        end += 1
    if text[end : end + 1] == b";":
        length = end + 1 - start
    return start, length, b"{}", "drop"


def _operator(node: Node, text: bytes) -> Iterator[Edit]:
    left, left_length = span(node["leftExpression"])
    right, _ = span(node["rightExpression"])
    operator = node["operator"].encode()
    at = text.index(operator, left + left_length, right)
    for other in BINARY.get(node["operator"], ()):
        yield at, len(operator), other.encode(), "operator"


def _unary(node: Node, text: bytes) -> Iterator[Edit]:
    start, length = span(node)
    inner, inner_length = span(node["subExpression"])
    kept = text[inner : inner + inner_length]
    if node["operator"] == "!":
        yield start, length, kept, "negate"
    elif node["operator"] in ("++", "--"):
        yield start, length, (b"--" if node["operator"] == "++" else b"++") + kept, "operator"


def _literal(node: Node, kind: str) -> Iterator[Edit]:
    start, length = span(node)
    if kind == "bool":
        yield start, length, b"false" if node["value"] == "true" else b"true", "constant"
    elif kind == "number" and not node.get("subdenomination"):
        text = node["value"].replace("_", "")
        if text.startswith("0x") or text.isdigit():
            yield start, length, str(int(text, 0) + 1).encode(), "constant"


def _opcode(node: Node, text: bytes) -> Iterator[Edit]:
    name_at, name_length = span(node["functionName"])
    start, length = span(node)
    name, call = node["functionName"]["name"], text[start : start + length]
    if name in OPCODES:
        yield name_at, name_length, OPCODES[name].encode(), "opcode"
    if name in NOT_STRICT:
        rest = call[name_length:]
        yield start, length, b"iszero(" + NOT_STRICT[name].encode() + rest + b")", "boundary"
    if name == "eq":
        yield start, length, b"iszero(" + call + b")", "negate"
    if name == "iszero":
        inner, inner_length = span(node["arguments"][0])
        yield start, length, text[inner : inner + inner_length], "negate"
