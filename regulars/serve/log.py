"""What happens while a shop is served, in sentences; what stays as it was is said once."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from types import TracebackType

from engine.backup.activate_copy import hold_reason
from engine.delivery.going_live import RehearsalSummary
from engine.open.open_shop import OpenShop
from engine.sync.sync import SyncResult
from engine.tick.counts import OUTCOMES, Counts, sum_counts
from flows.serve.scheduler import FILE, RUN
from regulars.terminal.log import EventLog
from regulars.terminal.output import count_noun, stream_label
from regulars.terminal.reports import copy_held_message
from settings.errors import RegularsError
from settings.yaml.load import ConfigError

OUTCOME_NOUNS = {
    "sent": ("mail sent", "mails sent"),
    "rehearsed": ("mail rehearsed", "mails rehearsed"),
    "failed": ("mail failed", "mails failed"),
    "in_doubt": ("mail in doubt", "mails in doubt"),
    "deferred": ("mail put off", "mails put off"),
    "skipped": ("mail not written", "mails not written"),
}
COPY = "shop"
CONFIG_BROKEN_NOTE = "Nothing is read or sent until it is mended; the pages go on."


class ServeLog:
    """The ear of `flows.serve.scheduler.Scheduler`."""

    def __init__(
        self,
        log: EventLog,
        write_crash_log: Callable[[str], None],
        show_shop: Callable[[OpenShop], None],
    ) -> None:
        self._log, self._write_crash_log, self._show_shop = log, write_crash_log, show_shop
        self._last_messages: dict[str, str] = {}
        self._awaiting_approval = 0
        self._lock = Lock()

    def on_shop_opened(self, shop: OpenShop) -> None:
        self._show_shop(shop)
        held_reason = hold_reason(shop.engine)
        if self._has_changed(COPY, held_reason or ""):
            self._log.write_event(
                COPY, copy_held_message(held_reason) if held_reason else "Mail goes again."
            )

    def on_synced(self, sync_result: SyncResult) -> None:
        if sync_result.report is None:
            return
        streams = {
            stream_label(name): count for name, count in sync_result.report.streams.items() if count
        }
        counts = [
            count_noun(count, name.removesuffix("s"), name) for name, count in streams.items()
        ]
        self._log.write_event(sync_result.source, ", ".join(counts))
        warnings = " ".join(sync_result.report.warnings)
        if self._has_changed(f"{sync_result.source}: warnings", warnings) and warnings:
            self._log.write_event(sync_result.source, warnings)

    def on_going_live(self, rehearsal: RehearsalSummary) -> None:
        if self._has_changed(f"{RUN}: rehearsed", str(rehearsal)):
            self._log.write_event(RUN, str(rehearsal))

    def on_tick_finished(self, counts: Mapping[str, Counts], awaiting_approval: int) -> None:
        totals = sum_counts(counts.values())
        approval_changed, self._awaiting_approval = (
            awaiting_approval != self._awaiting_approval,
            awaiting_approval,
        )
        message = (
            tick_message(totals, awaiting_approval)
            if approval_changed or any(map(totals.outcomes.get, OUTCOME_NOUNS))
            else ""
        )
        figures = {name: totals.outcomes[name] for name in OUTCOMES}
        self._log.write_event(RUN, message, figures | {"waiting_for_your_word": awaiting_approval})

    def on_status(self, subject: str, error: Exception | None) -> None:
        """Said when it begins, when it changes, and when it is over."""
        message = error_message(subject, error) if error else ""
        if not self._has_changed(subject, message):
            return
        if error and not isinstance(error, RegularsError):
            self._write_crash_log("".join(traceback.format_exception(error)))
        self._log.write_event(subject, message or "works again.")

    def _has_changed(self, subject: str, message: str) -> bool:
        with self._lock:
            previous, self._last_messages[subject] = self._last_messages.get(subject, ""), message
        return message != previous


def tick_message(counts: Counts, awaiting_approval: int) -> str:
    """3 mails sent, 1 waits for your word."""
    parts = [
        count_noun(count, *nouns)
        for name, nouns in OUTCOME_NOUNS.items()
        if (count := counts.outcomes[name])
    ]
    if awaiting_approval:
        parts.append(f"{count_noun(awaiting_approval, 'waits', 'wait')} for your word")
    return ", ".join(parts) or "nobody waits for your word any more"


def error_message(subject: str, error: Exception) -> str:
    """A sentence; of a fault of ours only its kind and place, for its words may quote anybody."""
    if isinstance(error, ConfigError):
        mistakes = count_noun(len(error.mistakes), "mistake")
        first = f"the first in line {error.mistakes[0].line}"
        return f"{mistakes}, {first}: regulars check names them. {CONFIG_BROKEN_NOTE}"
    if isinstance(error, RegularsError):
        return f"{error} {CONFIG_BROKEN_NOTE}" if subject == FILE else str(error)
    kind, location = type(error).__name__, _traceback_location(error.__traceback__)
    return f"a fault of Regulars, {kind} at {location}; the details are in .regulars/crash.log."


def _traceback_location(trace: TracebackType | None) -> str:
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
