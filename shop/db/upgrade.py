"""Upgrades a database to the newest schema, after a copy of SQLite's file was made."""

from __future__ import annotations

from sqlalchemy import Engine

from settings.errors import OwnerFileError
from shop.db.engine import HEAD, schema_revision


def prepare_database(engine: Engine) -> None:
    """Runs the migrations that this database lacks; returns at once where it has them all.

    SQLite's file is copied first: that copy is the way back to an older program.
    Raises an error with a sentence for the owner where a newer program made the database.
    """
    current_revision = schema_revision(engine)
    if current_revision == HEAD:
        return
    refuse_newer_schema(current_revision)
    # Imported late: a database that is up to date is opened without loading Alembic.
    from shop.db.migrations import upgrade
    from shop.db.snapshot import backup_before_upgrade

    if current_revision:
        backup_before_upgrade(engine, current_revision)
    upgrade(engine)


def refuse_newer_schema(current_revision: str | None) -> None:
    """Raises where `current_revision` was made by a later program than this one."""
    if current_revision is not None and current_revision > HEAD:
        raise OwnerFileError(
            f"This database was made by a newer Regulars (step {current_revision}; "
            f"this one knows {HEAD}). "
            "Install that one, or restore a backup that this one made."
        )
