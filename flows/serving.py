"""Prefect's server process: `python -m flows.serving PORT`, bound to the life of its parent."""

from __future__ import annotations

import gc
import sys

from flows.child import bind_to_parent


def main() -> None:
    bind_to_parent()
    # What it is made of stays to the end: looking through it for waste is a fifth of its start.
    gc.disable()
    import prefect.server.api.server  # noqa: F401  # which `server start` would else import
    from prefect.cli import app

    gc.freeze()
    gc.enable()
    sys.argv = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", sys.argv[1]]
    app()


if __name__ == "__main__":
    main()
