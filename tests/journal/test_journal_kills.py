"""SIGKILL a committing keeper, at times its server too: all that was acknowledged is there."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import journal_samples as samples

from keeper.execution.intent import IntentState
from keeper.journal import Journal

KILLS = 12
SEED = 20_261_123
NONCES_PER_RUN = 1_000_000
MOST_STEPS = 40
WRITER = Path(__file__).with_name("journal_kill_writer.py")
ROOT = WRITER.parents[2]
RANK = {"committed": 1, "broadcast": 2, "ended": 3}


def _run_and_kill(data_dir: Path, run: int, chance: random.Random) -> list[str]:
    """One writer's acknowledged steps up to its death; every third time the server dies too."""
    with subprocess.Popen(
        [sys.executable, str(WRITER), str(data_dir), str(run * NONCES_PER_RUN)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as writer:
        assert writer.stdout is not None
        # after some steps rather than some time: a busy machine takes as many of these
        told = "".join(writer.stdout.readline() for _ in range(chance.randint(1, MOST_STEPS)))
        time.sleep(chance.uniform(0.0, 0.005))
        if run % 3 == 2:
            pid_file = data_dir / "cluster" / "postmaster.pid"
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGQUIT)
        writer.kill()
        rest = writer.stdout.read()
    assert told, "the writer died before its first step"
    return [line for line in (told + rest).splitlines(keepends=True) if line.endswith("\n")]


async def test_killed_writers__every_acknowledged_step_is_in_the_journal(
    own_data_dir: Path,
) -> None:
    chance = random.Random(SEED)
    reached: dict[str, int] = {}
    for run in range(KILLS):
        for line in _run_and_kill(own_data_dir, run, chance):
            step, intent_id = line.split()
            reached[intent_id] = max(reached.get(intent_id, 0), RANK[step])

    journal = await Journal.open(dsn=None, data_dir=own_data_dir)
    rows = {str(row.intent.id): row for row in await journal.execution_rows(samples.CHAIN)}
    await asyncio.wait_for(journal.close(), 10)

    assert len(reached) > KILLS
    kept = {IntentState.COMMITTED: 1, IntentState.BROADCAST: 2}
    behind = [key for key, rank in reached.items() if kept.get(rows[key].intent.state, 3) < rank]
    assert behind == []
    # at most one step per run was done but not told
    assert len(rows) - len(reached) <= KILLS
    for row in rows.values():
        assert (row.outcome is not None) == (row.intent.state not in kept)
    nonces = [row.intent.nonce for row in rows.values()]
    assert len(nonces) == len(set(nonces))
