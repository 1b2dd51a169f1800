"""Prefect's server process: `python -m flows.serving PORT`, bound to the life of its parent."""

from __future__ import annotations

import sys

from flows.child import bind_to_parent


def main() -> None:
    bind_to_parent()
    from prefect.cli import app

    sys.argv = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", sys.argv[1]]
    app()


if __name__ == "__main__":
    main()
