"""The replica as a process and as a build: quick, the same every time, gone when it should be."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from replica import Replica, launch
from replica.anvil import Anvil, AnvilError
from replica.build import build
from replica.launch import DEFAULT_BASE_FEE_WEI

BUILD_LIMIT_S, LOAD_LIMIT_S = 20.0, 4.0
MORE_THAN_IN_MEMORY = 520


def block(replica: Replica, number: str = "latest") -> dict[str, str]:
    found: dict[str, str] = replica.rpc("eth_getBlockByNumber", [number, False])
    return found


def test_two_builds_are_the_same_and_quick(tmp_path: Path, figures: list[str]) -> None:
    first = build().manifest
    started = time.perf_counter()
    second = build(tmp_path).manifest
    took_s = time.perf_counter() - started
    figures.append(f"replica built in {took_s:.1f} s")
    assert second == first
    assert took_s < BUILD_LIMIT_S


def test_builds_at_once_wait_for_one_another(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(build, [tmp_path, tmp_path])
    assert one == other
    assert len(list(tmp_path.glob("*.manifest.json"))) == 1


def test_it_loads_in_a_moment_and_continues_the_built_chain(figures: list[str]) -> None:
    build()
    started = time.perf_counter()
    with launch() as replica:
        took_s = time.perf_counter() - started
        figures.append(f"replica loaded in {took_s:.2f} s")
        assert took_s < LOAD_LIMIT_S
        assert int(block(replica)["number"], 16) == replica.manifest.built_block
        assert int(replica.rpc("eth_chainId"), 16) == 137
        assert replica.rpc("eth_getBlockByNumber", ["0x1", True])["transactions"] == []
        replica.rpc("evm_mine")
        head = block(replica)
        assert int(head["number"], 16) == replica.manifest.built_block + 1
        assert int(head["baseFeePerGas"], 16) == DEFAULT_BASE_FEE_WEI
        assert abs(int(head["timestamp"], 16) - time.time()) < 30
        assert replica.ipc_path.is_socket()
    assert not replica.ipc_path.parent.exists()


def test_states_moved_out_of_memory_go_with_the_process() -> None:
    anvil = Anvil(0, [])
    folder = anvil.ipc_path.parent
    try:
        anvil.rpc("anvil_mine", [hex(MORE_THAN_IN_MEMORY)])
        assert list(folder.glob("*/*.json"))
    finally:
        anvil.stop()
    assert not folder.exists()


def test_fixed_time_counts_on_from_the_built_block() -> None:
    with launch(fixed_time=True) as replica:
        built_s = replica.manifest.built_timestamp_s
        stamps = []
        for _ in range(3):
            replica.rpc("evm_mine")
            stamps.append(int(block(replica)["timestamp"], 16) - built_s)
    assert stamps == [2, 4, 6]


def test_timed_blocks_keep_their_base_fee() -> None:
    fee = 77 * 10**9
    with launch(block_time_s=0.1, base_fee_wei=fee) as replica:
        time.sleep(1.0)
        head = int(block(replica)["number"], 16)
        fees = {
            int(block(replica, hex(number))["baseFeePerGas"], 16)
            for number in range(replica.manifest.built_block + 1, head + 1)
        }
    assert head - replica.manifest.built_block >= 4
    assert fees == {fee}


def test_a_taken_port_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AnvilError, match=r"[Aa]ddress already in use"):
            launch(port)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent")
def test_anvil_dies_with_a_killed_parent() -> None:
    code = "import replica, time; r = replica.launch(); print(r.pid, flush=True); time.sleep(60)"
    with tempfile.TemporaryDirectory() as folder:  # the killed one cannot clear up after itself
        parent = subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"TMPDIR": folder},
        )
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(pid)


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()
