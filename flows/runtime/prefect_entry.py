"""Entry point of Prefect's server process: `python -m flows.runtime.prefect_entry PORT`.

The process ends with its parent.
"""

from __future__ import annotations

import gc
import os
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
    """Start Prefect's server on the port in `sys.argv`, without migrations that are not needed."""
    bind_to_parent()
    home = os.environ.get("PREFECT_HOME")
    if home and not os.environ.keys() & set(DATABASE_URL_SETTINGS) and is_migrated(Path(home)):
        os.environ.setdefault("PREFECT_SERVER_DATABASE_MIGRATE_ON_START", "false")
    # The imported modules live until the end; collecting them takes a fifth of the start.
    gc.disable()
    import prefect.server.api.server  # noqa: F401  # which `server start` would else import
    from prefect.cli import app

    gc.freeze()
    gc.enable()
    sys.argv = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", sys.argv[1]]
    app()


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
