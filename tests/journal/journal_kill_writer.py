"""A keeper to be killed: commits and ends intents without pause, telling each acknowledged step."""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

import journal_samples as samples

from keeper.execution.intent import IntentState
from keeper.journal import Journal


def tell(step: str, intent_id: UUID) -> None:
    sys.stdout.write(f"{step} {intent_id}\n")
    sys.stdout.flush()


async def main(data_dir: Path, nonce: int) -> None:
    journal = await Journal.open(dsn=None, data_dir=data_dir)
    await journal.acquire_nonce_lock(samples.CHAIN, samples.SENDER)
    for intent in await journal.unresolved(samples.CHAIN, samples.SENDER):
        await journal.record_outcome(samples.outcome(intent, IntentState.REVERTED))
        tell("ended", intent.id)
    while True:
        row = samples.opportunity()
        intent = samples.intent(row, nonce=nonce)
        assert await journal.commit_intent(row, intent, {"frame": 1})
        tell("committed", intent.id)
        await journal.mark_broadcast(intent.id)
        tell("broadcast", intent.id)
        await journal.record_outcome(samples.outcome(intent))
        tell("ended", intent.id)
        nonce += 1


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
