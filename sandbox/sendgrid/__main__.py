"""`python -m sandbox.sendgrid LEDGER`: prints its address, and serves until it is stopped.

Faults are planned over HTTP: POST /sandbox/plan {"kill": 4711, "moment": "before answer"}.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from sandbox.sendgrid.account import API_KEY, Account
from sandbox.sendgrid.server import SendGridServer, serve
from sandbox.server import listening_socket, server_address


def main(ledger: Path) -> None:
    with listening_socket(0) as sock:
        sock.listen()
        details = {"sendgrid": {"address": server_address(sock), "api key": API_KEY}}
        print(json.dumps(details), flush=True)  # noqa: T201  # its parent process reads it
        asyncio.run(serve(SendGridServer(Account(ledger=ledger)), sock, asyncio.Event()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
