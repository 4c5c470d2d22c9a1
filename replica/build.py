"""Building the replica once into the ignored cache, keyed by everything it is made from."""

import fcntl
import gzip
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import DefaultContext, localcontext
from pathlib import Path
from typing import Any

from replica.anvil import CHAIN_ID, Anvil
from replica.deploy import Site
from replica.manifest import Manifest, dump, load
from replica.markets import TOKENS
from replica.paths import CACHE, ROOT
from replica.protocols import RECIPES
from replica.rpc import Rpc

GENESIS_TIMESTAMP_S = 1_722_859_200
"""2024-08-05 12:00 UTC, the day whose prices and depths the pools have."""
BLOCK_INTERVAL_S = 2
ACCOUNTS = 10
ACCOUNT_POL = 100_000
KEPT_STATES = 3
RECIPE_FILES = (
    *("abi.py", "anvil.py", "artifacts.py", "build.py", "deploy.py", "manifest.py", "markets.py"),
    *("liquidity.py", "rpc.py", "sources.py", "venues.py"),
)


@dataclass(frozen=True, slots=True)
class Built:
    """A built replica in the cache: anvil's state file and the manifest."""

    state_path: Path
    manifest: Manifest


def cache_key() -> str:
    """Digest of the recipe's sources and the npm pins: any change builds anew."""
    package = ROOT / "replica"
    recipe = [package / name for name in RECIPE_FILES]
    for folder in ("protocols", "stand_ins"):
        recipe += sorted(path for path in (package / folder).glob("*.*") if path.is_file())
    digest = hashlib.sha256()
    for path in (*recipe, ROOT / "package-lock.json"):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def build(cache: Path = CACHE) -> Built:
    """The built replica, from the cache if it is there; safe to call from two processes."""
    cache.mkdir(parents=True, exist_ok=True)
    key = cache_key()
    state, manifest = cache / f"{key}.json", cache / f"{key}.manifest.json"
    with _locked(cache / "lock"):
        if not (state.exists() and manifest.exists()):
            with localcontext(DefaultContext):  # whatever an imported library made of it
                built, text = _build_now()
            _write(state, built)
            _write(manifest, text)
            _forget_old(cache)
    return Built(state, load(manifest.read_text()))


def _build_now() -> tuple[str, str]:
    anvil = Anvil(0, _building_options())
    try:
        anvil.rpc("anvil_setBlockTimestampInterval", [BLOCK_INTERVAL_S])
        site = Site(anvil.rpc)
        for install in RECIPES:
            install(site)
        _fund_accounts(anvil.rpc)
        state = _dumped_state(anvil.rpc)
        return json.dumps(state), dump(_manifest(site, state))
    finally:
        anvil.stop()


def _building_options() -> list[str]:
    return [
        *("--timestamp", str(GENESIS_TIMESTAMP_S), "--no-mining", "--auto-impersonate"),
        *("--block-base-fee-per-gas", "0", "--gas-price", "0", "--disable-min-priority-fee"),
        # Algebra's published builds are larger than EIP-170 allows
        *("--order", "fifo", "--disable-code-size-limit"),
    ]


def _fund_accounts(rpc: Rpc) -> None:
    for account in rpc("eth_accounts"):
        rpc("anvil_setBalance", [account, hex(ACCOUNT_POL * 10**18)])
    rpc("evm_mine")


def _dumped_state(rpc: Rpc) -> dict[str, Any]:
    raw = gzip.decompress(bytes.fromhex(rpc("anvil_dumpState")[2:]))
    state: dict[str, Any] = json.loads(raw)
    # receipts are two thirds of the dump; blocks must stay or it does not load, but without the
    # bodies, whose transactions the node would look for in vain
    state["transactions"] = []
    for block in state["blocks"]:
        block["transactions"] = []
    return state


def state_hash(state: dict[str, Any]) -> str:
    """Digest of all accounts: balances, nonces, code and storage."""
    text = json.dumps(state["accounts"], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _manifest(site: Site, state: dict[str, Any]) -> Manifest:
    block = site.rpc("eth_getBlockByNumber", ["latest", False])
    return Manifest(
        CHAIN_ID,
        int(block["number"], 16),
        int(block["timestamp"], 16),
        state_hash(state),
        tuple(site.contracts),
        TOKENS,
        tuple(site.pools),
        tuple(site.factories),
        tuple(site.v4_pools),
        tuple(site.balancer_pools),
        tuple(site.algebra_pools),
        tuple(site.curve_pools),
        tuple(site.morpho_markets),
    )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _write(path: Path, text: str) -> None:
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(partial).rename(path)


def _forget_old(cache: Path) -> None:
    manifests = sorted(cache.glob("*.manifest.json"), key=lambda path: path.stat().st_mtime)
    for manifest in manifests[:-KEPT_STATES]:
        manifest.unlink()
        (cache / manifest.name.replace(".manifest", "")).unlink(missing_ok=True)
