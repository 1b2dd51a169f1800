"""Captures the statements that the product executes, with their parameters, rows and cost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event


@dataclass
class Captured:
    """The statements of a `with` block, in their order, and what they cost on SQLite."""

    statements: list[tuple[str, Any]] = field(default_factory=list)
    instructions: int = 0  # of SQLite's virtual machine, in thousands

    @property
    def distinct(self) -> dict[str, Any]:
        """Each text once, with the parameters of its last execution."""
        return dict(self.statements)


@contextmanager
def captured(engine: Engine) -> Iterator[Captured]:
    """Captures what `engine` executes until the end of the block."""
    capture = Captured()

    def on_execute(_conn: Any, _cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        is_many = rest[-1]
        capture.statements.append((statement, parameters[0] if is_many else parameters))

    def on_checkout(raw: Any, *_: Any) -> None:
        if isinstance(raw, sqlite3.Connection):
            raw.set_progress_handler(count, 1000)

    def count() -> int:
        capture.instructions += 1
        return 0

    event.listen(engine, "before_cursor_execute", on_execute)
    event.listen(engine, "checkout", on_checkout)
    try:
        yield capture
    finally:
        event.remove(engine, "before_cursor_execute", on_execute)
        event.remove(engine, "checkout", on_checkout)
