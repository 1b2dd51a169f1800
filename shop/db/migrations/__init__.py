"""Alembic migrations of the database."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

from shop.db.engine import HEAD, schema_transaction
from shop.rule_counts.install import install_counters

ADVISORY_LOCK = 7_348_127_785  # an arbitrary number


def upgrade(engine: Engine) -> None:
    """Runs every migration that the database of `engine` has not seen."""
    with schema_transaction(engine) as connection:
        run_steps(connection)


def run_steps(connection: Connection, target: str = "head") -> None:
    """Runs the migrations up to `target` in the caller's transaction: a failure leaves nothing."""
    if connection.dialect.name == "postgresql":
        # Of two programs that start at once, the second waits and finds nothing to do.
        connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, target)
    if target in ("head", HEAD):
        install_counters(connection)
