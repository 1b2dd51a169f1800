"""Client of tests/flows/command_server.py: runs one command there and exits with its status.

A script too, for a shell: `python asking.py SOCKET WORDS…`. It reads nothing but the standard
library, and so starts at once.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence

MAX_REQUEST_BYTES = 100_000  # bytes of words and environment
STREAM_COUNT = 3
TIMEOUT = 180.0  # seconds


def run_on_server(
    socket_path: str,
    arguments: Sequence[str],
    environ: Mapping[str, str],
    folder: str,
    streams: Sequence[int],
) -> int:
    """The status with which the command ended."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT)
        connection.connect(socket_path)
        request = json.dumps([list(arguments), dict(environ), folder])
        socket.send_fds(connection, [request.encode()], streams)
        return os.waitstatus_to_exitcode(int(connection.recv(MAX_REQUEST_BYTES)))


if __name__ == "__main__":
    sys.exit(run_on_server(sys.argv[1], sys.argv[2:], os.environ, os.getcwd(), range(STREAM_COUNT)))  # noqa: PTH109
