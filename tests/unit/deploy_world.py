"""`ape run` as a user would type it, and a node that does not say it is a development node."""

import http.client
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

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


@contextmanager
def posing_as_live(url: str) -> Iterator[str]:
    """The URL of a proxy before anvil that refuses anvil's own methods, as a live node does."""
    host = url.removeprefix("http://")

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(body)
            answer = _refusal(asked) if asked["method"].startswith("anvil_") else _ask(host, body)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _refusal(asked: dict[str, object]) -> bytes:
    error = {"code": -32601, "message": f"the method {asked['method']} does not exist"}
    return json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": error}).encode()


def _ask(host: str, body: bytes) -> bytes:
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        return connection.getresponse().read()
    finally:
        connection.close()
