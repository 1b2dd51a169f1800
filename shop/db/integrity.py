"""Reads a database whole, to find out whether its file is damaged."""

from __future__ import annotations

from sqlalchemy import Engine

from shop.db.engine import damage_error, read_transaction


def check_integrity(engine: Engine) -> None:
    """Raises `DatabaseLostError` if SQLite finds its file damaged; reads every page of it.

    PostgreSQL checks pages as it reads them.
    """
    if engine.dialect.name != "sqlite":
        return
    with read_transaction(engine) as connection:
        result = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if result != "ok":
        raise damage_error("SQLite's check of the file found faults")
