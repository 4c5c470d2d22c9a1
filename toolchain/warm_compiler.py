"""One compiler process that answers many jobs: its start would cost more than a mutant's build."""

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from replica.contracts import EXECUTOR, Artifact, artifact_of, compile_job
from replica.paths import tool

PATH = EXECUTOR.split(":", maxsplit=1)[0]


@dataclass
class Compiler:
    """A warm compiler for jobs in the legacy pipeline, four times as fast as via IR."""

    server: "subprocess.Popen[str]"

    @classmethod
    def start(cls) -> Self:
        """Start the set-up's compiler as a server; close it as a context manager."""
        job = compile_job(PATH)
        command = [tool(job.compiler), "--serve"]
        return cls(
            subprocess.Popen(  # noqa: S603 - the set-up's own compiler
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.server.stdin:
            self.server.stdin.close()
        self.server.wait()

    def executor(
        self, changed: Iterable[tuple[str, str]] = (), **settings: object
    ) -> Artifact | None:
        """The executor with other text for some sources, or None where it does not compile."""
        path, contract = EXECUTOR.rsplit(":", 1)
        output = self.ask(changed, {path: {contract: ["abi", *CODE]}}, **settings)
        failed = any(entry["severity"] == "error" for entry in output.get("errors", ()))
        return None if failed else artifact_of(output["contracts"], EXECUTOR)

    def trees(self, changed: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
        """The syntax tree of each source, with those that were changed or added."""
        output = self.ask(changed, {"*": {"": ["ast"]}})
        return {path: source["ast"] for path, source in output["sources"].items()}

    def ask(
        self, changed: Iterable[tuple[str, str]], selection: dict[str, Any], **settings: object
    ) -> dict[str, Any]:
        """The compiler's whole answer, under foundry.toml's settings but for those named here."""
        job = compile_job(PATH, changed).input
        job["settings"] |= {"viaIR": False, "outputSelection": selection} | settings
        stdin, stdout = self.server.stdin, self.server.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the compiler has no pipes")
        stdin.write(json.dumps(job) + "\n")
        stdin.flush()
        answer: dict[str, Any] = json.loads(stdout.readline())
        return answer


CODE = ("evm.bytecode.object", "evm.deployedBytecode.object")
