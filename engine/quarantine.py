"""Records that no source's reading could use: which, since when, why, and what helps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlmodel import col

from connectors.config import ShopifySource, Source, SquareSource
from engine.config.owner_config import OwnersFile
from shop.tables import Quarantined

THE_MAILBOX = "the mailbox"  # a blank: no source of the owner's can be called that


@dataclass(frozen=True)
class SetAside:
    """One reason why one record was not used, or not all of it."""

    source: str
    kind: str
    record: str
    why: str
    since: datetime


def set_aside(connection: Connection) -> list[SetAside]:
    """By source; what the records themselves say is not among it."""
    columns = ("source", "stream", "record_key", "reason", "seen_at")
    wanted = select(*(col(getattr(Quarantined, name)) for name in columns)).order_by(
        col(Quarantined.source), col(Quarantined.seen_at), col(Quarantined.id)
    )
    return [SetAside(*row) for row in connection.execute(wanted)]


def remedy(file: OwnersFile, source: str) -> str:
    """What its owner can do about the records of one source."""
    if source == THE_MAILBOX:
        return "Look at them in your mailbox; they leave this list after 30 days."
    words: Source | None = file.sources.get(source)
    if words is None:
        return "The file no longer names this source: there is nothing to do."
    place = {ShopifySource: "at Shopify", SquareSource: "at Square"}.get(type(words))
    place = place or f"in {getattr(words, 'file', source)}"
    return f"Put them right {place}, and run: regulars sync {source}"
