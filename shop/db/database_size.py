"""How much space the database takes."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text


def database_bytes(connection: Connection) -> int:
    """Returns the size of the database in bytes: SQLite's files, or what PostgreSQL counts."""
    if connection.dialect.name == "postgresql":
        size = text("SELECT pg_database_size(current_database())")
        return int(connection.scalar(size) or 0)
    name = connection.engine.url.database
    files = [Path(f"{name}{suffix}") for suffix in ("", "-wal")] if name else []
    return sum(file.stat().st_size for file in files if file.exists())
