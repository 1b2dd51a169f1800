"""The result of syncing one source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.sync import SyncReport
from engine.sync.consent_writeback import WritebackResult
from settings.errors import RegularsError
from shop.identity.shared_addresses import SharedAddress

NO_OPT_OUTS = WritebackResult()


@dataclass(frozen=True)
class SyncResult:
    """`report` is None if the source failed; `error` says why."""

    source: str
    report: SyncReport | None
    error: RegularsError | None
    opt_outs: WritebackResult = NO_OPT_OUTS
    shared_addresses: Sequence[SharedAddress] = ()  # for the terminal only: no log names a customer
