"""Alembic's entry: it is handed an open transaction, so a failed step leaves no half of it."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

import shop.tables  # noqa: F401  # fills the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
)
context.run_migrations()
