"""What can go wrong with the journal, each as one line that names the thing and the fix."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg


class JournalError(Exception):
    """The journal refuses what was asked: a wrong setting, row or transition."""


class JournalUnavailable(JournalError):  # noqa: N818 - says what is the case
    """The database does not answer in time; nothing may be broadcast, the call may be repeated."""


class NonceOwnerElsewhere(JournalError):  # noqa: N818 - says what is the case
    """Another keeper owns this sender's nonces, or used them while this one was cut off."""


_UNAVAILABLE = (
    OSError,  # TimeoutError is one
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)


@contextmanager
def typed_errors(action: str, server: str) -> Iterator[None]:
    """Turn the driver's errors into the journal's; `server` is a label without secrets.

    The cause is cut off on purpose: the driver's messages may repeat the DSN or a row.
    """
    try:
        yield
    except ValueError as error:  # the driver's own refusal of an argument is one too
        raise JournalError(f"cannot {action} in {server}: {_reason(error)}") from None
    except _UNAVAILABLE as error:
        raise JournalUnavailable(
            f"cannot {action}: {server} does not answer ({_reason(error)}); "
            "start it or correct the journal's DSN"
        ) from None
    except asyncpg.PostgresError as error:
        raise JournalError(f"cannot {action} in {server}: {_reason(error)}") from None


def _reason(error: BaseException) -> str:
    text = getattr(error, "message", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0]


def server_label(dsn: str) -> str:
    """`host:port/database` of a DSN, without user or password; `JournalError` when it is none."""
    try:
        parts = urlsplit(dsn)
        port = parts.port
    except ValueError:
        port, parts = None, urlsplit("")
    if parts.scheme not in {"postgresql", "postgres"}:
        raise JournalError(
            "the journal's DSN is not of the form postgresql://user:password@host:5432/database: "
            "correct it, or leave it out for the embedded server"
        )
    host = parts.hostname or "".join(parse_qs(parts.query).get("host", ["local socket"])[:1])
    return f"PostgreSQL at {host}:{port or 5432}/{unquote(parts.path.lstrip('/'))}"
