"""The result of syncing one source."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.sync import SyncReport
from engine.sync.consent_writeback import WritebackResult
from settings.errors import RegularsError

NO_OPT_OUTS = WritebackResult()


@dataclass(frozen=True)
class SyncResult:
    """`report` is None if the source failed; `error` says why."""

    source: str
    report: SyncReport | None
    error: RegularsError | None
    opt_outs: WritebackResult = NO_OPT_OUTS
