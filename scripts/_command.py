"""The command class of all scripts: connect as ape does, and say each known fault in one line."""

from pathlib import Path

import click
from ape.cli import ConnectedProviderCommand
from ape.exceptions import (
    Abort,
    AccountsError,
    CompilerError,
    ConfigError,
    ProviderError,
    SubprocessError,
    TransactionError,
)

from keeper.deployment import DeploymentError
from keeper.keys import KeyFileError
from keeper.node import NodeError
from scripts._environment import RECORDS
from scripts._executor import VerificationError
from scripts._parameters import ParameterError
from scripts._place import PlaceError

OURS = (
    DeploymentError,
    KeyFileError,
    NodeError,
    ParameterError,
    PlaceError,
    VerificationError,
)
APES = (AccountsError, CompilerError, TransactionError)
UNSET_NODE = "${POLYGON_RPC_URL}"


records_option = click.option(
    "--records",
    type=click.Path(path_type=Path, file_okay=False),
    default=RECORDS,
    help="Where the network's parameters and records are.  [default: deployments]",
)


class NetworkCommand(ConnectedProviderCommand):
    """A command on a network, whose known faults end it with one line and exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except OURS as error:
            raise Abort(str(error)) from None
        except ConfigError as error:
            if UNSET_NODE not in str(error):
                raise
            raise Abort("POLYGON_RPC_URL is not set: export the URL of a Polygon node") from None
        except (ProviderError, SubprocessError) as error:
            raise Abort(f"{error} Start the node, or name another with --network") from None
        except APES as error:
            raise Abort(f"{type(error).__name__}: {error}") from None
