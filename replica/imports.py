"""The Solidity sources that a source imports."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

IMPORT = re.compile(r'^\s*import\b[^;"\']*["\']([^"\']+)["\']', re.MULTILINE)


def closure(
    entries: Iterable[str], remappings: Sequence[str], read: Callable[[str], str]
) -> dict[str, dict[str, str]]:
    """The sources at `entries` and all that they import, as standard JSON lists them by path.

    `remappings` are prefix=path, `read` gives the text at a path.
    """
    found: dict[str, dict[str, str]] = {}
    pending = list(entries)
    while pending:
        path = pending.pop()
        if path not in found:
            text = read(path)
            found[path] = {"content": text}
            pending += [_resolve(path, name, remappings) for name in IMPORT.findall(text)]
    return dict(sorted(found.items()))


def _resolve(path: str, name: str, remappings: Sequence[str]) -> str:
    if not name.startswith("."):
        for prefix, target in (entry.split("=", 1) for entry in remappings):
            if name.startswith(prefix):
                return target + name.removeprefix(prefix)
        return name
    parts = list(PurePosixPath(path).parent.parts)
    for part in PurePosixPath(name).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
