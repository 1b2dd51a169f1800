"""`python -m sandbox.sendgrid LEDGER`: prints where it listens, and serves until it is stopped.

Faults are planned over HTTP: POST /look-alike/plan {"kill": 4711, "moment": "before answer"}.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from sandbox.sendgrid.account import API_KEY, Account
from sandbox.sendgrid.server import Door, serve
from sandbox.server import address, listening


def main(ledger: Path) -> None:
    with listening(0) as at:
        at.listen()
        told = {"sendgrid": {"address": address(at), "api key": API_KEY}}
        print(json.dumps(told), flush=True)  # noqa: T201  # its parent reads it
        asyncio.run(serve(Door(Account(ledger=ledger)), at, asyncio.Event()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
