"""The steps by which an older database becomes today's."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

from shop.db.engine import schema_transaction

ADVISORY_LOCK = 7_348_127_785  # any number that nobody else locks


def upgrade(engine: Engine) -> None:
    """Run every step that this database has not seen."""
    with schema_transaction(engine) as connection:
        run_steps(connection)


def run_steps(connection: Connection, target: str = "head") -> None:
    """In a transaction of the caller's: a step that fails leaves nothing of it."""
    if connection.dialect.name == "postgresql":
        # Two programs that start at once take turns; the second finds nothing to do.
        connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, target)
