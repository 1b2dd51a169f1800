"""A shop made by `regulars init` from exported files alone, and what a sync makes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from engine.sync.sync import sync_all
from regulars.init import questions
from sandbox.cafe import NOW
from settings.questions import Question
from shop.db.engine import read_transaction
from shop.db.upsert import table_of
from shop.tables import Basis, Customer, Identity, Order, QuarantinedRecord
from tests.cafe import Cafe
from tests.connectors.corner_cafe import table_rows
from tests.regulars.init.scripted_owner import Interview


class ImportedShop:
    """The shop that `init` makes of `files`, by name with their text or bytes, and its first sync.

    Bytes are written as they are. `answers` are those of the interview beside the files.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        files: Mapping[str, str | bytes],
        answers: Mapping[Question, Sequence[str]] | None = None,
        now: datetime = NOW,
    ) -> None:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (folder / name).write_bytes(data)
        script = {questions.RUNS_ON: ["csv"], questions.FILE: [*files], **(answers or {})}
        self.interview = Interview(folder, script)
        self.config = self.interview.write_config()
        self.engine = engine
        self.cafe = Cafe(engine, folder, (folder / "config.yaml").read_text())
        self.results = asyncio.run(sync_all(self.cafe.shop, now=now))

    def source(self, name: str) -> Any:
        return self.config.sources[name]

    def columns(self, name: str) -> dict[str, Any]:
        """Return the configured columns of source `name` by role."""
        return {
            role: column for role, column in self.source(name).columns if column not in (None, ())
        }

    def consent(self) -> dict[str | None, str]:
        """Return what each customer's consent is, by address; "none" without any."""
        customers, basis = table_of(Customer), table_of(Basis)
        query = select(customers.c.email, basis.c.state).outerjoin(
            basis, basis.c.customer_id == customers.c.id
        )
        with read_transaction(self.engine) as connection:
            return {email: state or "none" for email, state in connection.execute(query)}

    def orders(self) -> list[tuple[Any, ...]]:
        """Return number, buyer, total in minor units and whether it is a visit, by time."""
        columns = ("placed_at", "external_id", "customer_key", "total", "counts")
        return [row[1:] for row in sorted(table_rows(self.engine, Order, *columns))]

    def identities(self, *columns: str) -> list[tuple[Any, ...]]:
        """Return these columns of the identities, in the order of the files."""
        return [row[1:] for row in sorted(table_rows(self.engine, Identity, "id", *columns))]

    def set_aside(self) -> list[str]:
        """Return the reasons of the records that could not be used."""
        return [reason for (reason,) in table_rows(self.engine, QuarantinedRecord, "reason")]
