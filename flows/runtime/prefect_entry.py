"""Entry point of Prefect's server process: `python -m flows.runtime.prefect_entry DESCRIPTOR`.

It serves on a socket that its parent listens on, and ends with its parent.
"""

from __future__ import annotations

import gc
import os
import socket
import sqlite3
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from flows.runtime.child_process import bind_to_parent

SQLITE_MIGRATIONS = Path("server/database/_migrations/versions/sqlite")  # named by date
DATABASE_URL_SETTINGS = (
    "PREFECT_SERVER_DATABASE_CONNECTION_URL",
    "PREFECT_API_DATABASE_CONNECTION_URL",
)


def main() -> None:
    """Serve on the socket whose descriptor is in `sys.argv`, without needless migrations."""
    bind_to_parent()
    home = os.environ.get("PREFECT_HOME")
    if home and not os.environ.keys() & set(DATABASE_URL_SETTINGS) and is_migrated(Path(home)):
        os.environ.setdefault("PREFECT_SERVER_DATABASE_MIGRATE_ON_START", "false")
    # The imported modules live until the end; collecting them takes a fifth of the start.
    gc.disable()
    import prefect.server.api.server  # noqa: F401

    gc.freeze()
    gc.enable()
    with socket.socket(fileno=int(sys.argv[1])) as listener:
        serve_prefect(listener)


def serve_prefect(listener: socket.socket) -> None:
    """Serve Prefect's API on `listener` until SIGTERM, as `prefect server start` would."""
    import uvicorn
    from prefect.server.api.server import create_app
    from prefect.settings import get_current_settings

    from flows.runtime.server_access import AccessGuard

    settings = get_current_settings().server
    token = settings.api.auth_string
    if token is None:
        sys.exit("PREFECT_SERVER_API_AUTH_STRING is not set.")
    host, port = listener.getsockname()
    guard = AccessGuard(
        create_app(final=True), host=f"{host}:{port}", token=token.get_secret_value()
    )
    config = uvicorn.Config(
        guard,
        lifespan="on",
        log_level=settings.logging_level.lower(),
        timeout_keep_alive=settings.api.keepalive_timeout,
    )
    uvicorn.Server(config).run(sockets=[listener])


def is_migrated(home: Path) -> bool:
    """Returns whether Prefect's database in `home` is at the newest revision.

    Letting Prefect check takes a sixth of its start.
    """
    spec = find_spec("prefect")
    package = Path(spec.origin).parent if spec and spec.origin else Path()
    migrations = package / SQLITE_MIGRATIONS
    newest_name = max((migration.name for migration in migrations.glob("*.py")), default="")
    try:
        database_uri = f"{(home / 'prefect.db').as_uri()}?mode=ro"
        with closing(sqlite3.connect(database_uri, uri=True)) as connection:
            [(revision,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except (sqlite3.Error, ValueError):  # missing, incomplete, or another database
        return False
    return f"_{revision}_" in newest_name


if __name__ == "__main__":
    main()
