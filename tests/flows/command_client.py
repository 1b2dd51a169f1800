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

LARGEST = 100_000  # bytes of words and environment
STREAMS = 3
PATIENCE = 180.0  # seconds


def asked(
    door: str, words: Sequence[str], environ: Mapping[str, str], folder: str, streams: Sequence[int]
) -> int:
    """The status with which the command ended."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(PATIENCE)
        line.connect(door)
        told = json.dumps([list(words), dict(environ), folder])
        socket.send_fds(line, [told.encode()], streams)
        return os.waitstatus_to_exitcode(int(line.recv(LARGEST)))


if __name__ == "__main__":
    sys.exit(asked(sys.argv[1], sys.argv[2:], os.environ, os.getcwd(), range(STREAMS)))  # noqa: PTH109
