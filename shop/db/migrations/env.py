"""Alembic's entry point. It is given an open transaction, so a failed step is rolled back."""

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
