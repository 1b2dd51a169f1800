"""Client of tests/flows/command_server.py: runs one command there and exits with its status.

Also a script for a shell: `python command_client.py SOCKET ARGUMENTS…`. It imports the standard
library only, and so starts at once.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence

MAX_REQUEST_BYTES = 100_000  # arguments and environment
STREAM_COUNT = 3
TIMEOUT = 180.0  # seconds


def run_on_server(
    socket_path: str,
    arguments: Sequence[str],
    environ: Mapping[str, str],
    folder: str,
    streams: Sequence[int],
) -> int:
    """Returns the exit status of the command `arguments`, run on the server at `socket_path`."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT)
        connection.connect(socket_path)
        request = json.dumps([list(arguments), dict(environ), folder])
        socket.send_fds(connection, [request.encode()], streams)
        return os.waitstatus_to_exitcode(int(connection.recv(MAX_REQUEST_BYTES)))


if __name__ == "__main__":
    sys.exit(run_on_server(sys.argv[1], sys.argv[2:], os.environ, os.getcwd(), range(STREAM_COUNT)))  # noqa: PTH109
