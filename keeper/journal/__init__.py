"""PostgreSQL: intents, results, rejections; `Journal` is the way in."""

from keeper.journal.errors import JournalError, JournalUnavailable, NonceOwnerElsewhere
from keeper.journal.journal import Journal
from keeper.journal.rows import ExecutionRow, OpportunityRow, result_id

__all__ = [
    "ExecutionRow",
    "Journal",
    "JournalError",
    "JournalUnavailable",
    "NonceOwnerElsewhere",
    "OpportunityRow",
    "result_id",
]
