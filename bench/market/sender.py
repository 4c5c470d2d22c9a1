"""`python -m bench.market.sender SOCKET FILE...`: serve the files' bytes to one consumer.

A process of its own, as a relay is. It waits for a line on standard input between two files.
"""

import socket
import sys
from pathlib import Path

from keeper.relay.sockets import listen


def main() -> None:
    """Serve until the consumer goes away."""
    where, *files = map(Path, sys.argv[1:])
    with listen(where) as server:
        server.setblocking(True)
        sys.stdout.write("listening\n")
        sys.stdout.flush()
        connection, _ = server.accept()
        with connection:
            for place, file in enumerate(files):
                if place:
                    sys.stdin.readline()
                with file.open("rb") as stream:
                    connection.sendfile(stream)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)


if __name__ == "__main__":
    main()
