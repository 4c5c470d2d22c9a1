"""`ape run` as a user would type it, and a node that does not say it is a development node."""

import json
import os
import subprocess
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from node_front import answering, forwarded

from keeper.chain import Address
from keeper.deployment import Arguments, Chain, Deployment, load_deployment

ROOT = Path(__file__).parents[2]
APE = Path(sys.executable).with_name("ape")
UNREACHABLE = "http://127.0.0.1:9"
TIMEOUT_S = 120


@dataclass(frozen=True)
class Desk:
    """A folder of parameters and records, and ape's own data beside it."""

    records: Path
    data: Path

    def ape(
        self, command: str, network: str, *options: str, answers: str = "", **environment: str
    ) -> tuple[int, str]:
        """Exit code and everything said by `ape run <command>`; no server but ours is reachable."""
        offline = {"HTTP_PROXY": UNREACHABLE, "HTTPS_PROXY": UNREACHABLE, "NO_PROXY": "127.0.0.1"}
        ours = {"APE_DATA_FOLDER": str(self.data), "COLUMNS": "1000"}
        theirs = {key: text for key, text in os.environ.items() if key != "POLYGON_RPC_URL"}
        done = subprocess.run(
            [APE, "run", command, "--network", network, "--records", self.records, *options],
            cwd=ROOT,
            env=theirs | offline | ours | environment,
            input=answers,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
            start_new_session=True,  # without a terminal, the passphrase is read from the answers
        )
        return done.returncode, done.stdout

    def record(self, network: str) -> Deployment:
        """What was recorded for a network."""
        return load_deployment(self.records / network / "ArbitrageExecutor.json")

    def set_parameters(self, network: str, **fields: str) -> None:
        """Write a network's parameter file."""
        text = "".join(f"{field}: {value}\n" for field, value in fields.items())
        (self.records / "parameters" / f"{network}.yaml").write_text(text)


def example_record() -> Deployment:
    """A record of no chain that runs."""
    someone = Address(b"\x11" * 20)
    return Deployment(
        network="replica",
        chain=Chain(id=137, genesis_hash=b"\x01" * 32, run="ab" * 32),
        address=Address(b"\x22" * 20),
        deployer=someone,
        transaction_hash=b"\x02" * 32,
        block_number=7,
        arguments=Arguments(owner=someone, guardian=someone, treasury=someone, aave_pool=someone),
        program_version=b"\x05" * 32,
        creation_code_hash=b"\x03" * 32,
        code_hash=b"\x04" * 32,
        abi=({"type": "fallback"},),
    )


def posing_as_live(url: str) -> AbstractContextManager[str]:
    """The URL of a proxy before anvil that refuses anvil's own methods, as a live node does."""

    def answer(body: bytes) -> bytes:
        call = json.loads(body)
        return _refusal(call) if call["method"].startswith("anvil_") else forwarded(url, body)

    return answering(answer)


def _refusal(asked: dict[str, object]) -> bytes:
    error = {"code": -32601, "message": f"the method {asked['method']} does not exist"}
    return json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": error}).encode()
