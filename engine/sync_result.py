"""What became of one source in a sync."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.sync import Report
from engine.sync.consent_writeback import Noes
from settings.errors import Trouble

NONE = Noes()


@dataclass(frozen=True)
class Synced:
    """One source: what arrived, or what stood in the way."""

    source: str
    report: Report | None
    trouble: Trouble | None
    noes: Noes = NONE
