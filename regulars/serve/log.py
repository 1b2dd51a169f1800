"""Logs what the scheduler of `regulars serve` does; an unchanged status is logged once."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from threading import Lock

from engine.backup.activate_copy import hold_reason
from engine.delivery.going_live import RehearsalSummary
from engine.open.open_shop import OpenShop
from engine.sync.sync import SyncResult
from engine.tick.counts import OUTCOMES, Counts, sum_counts
from flows.serve.scheduler import FILE, RUN
from regulars.terminal.log import error_summary, log_event
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
    """The observer of `flows.serve.scheduler.Scheduler`.

    `write_crash_log` stores the traceback of an internal error, `show_shop` updates the pages.
    """

    def __init__(
        self, write_crash_log: Callable[[str], object], show_shop: Callable[[OpenShop], None]
    ) -> None:
        self._write_crash_log, self._show_shop = write_crash_log, show_shop
        self._last_messages: dict[str, str] = {}
        self._awaiting_approval = 0
        self._lock = Lock()

    def on_shop_opened(self, shop: OpenShop) -> None:
        """Update the pages, and log when a copy's mail is held or released."""
        self._show_shop(shop)
        reason = hold_reason(shop.engine)
        if self._has_changed(COPY, reason or ""):
            log_event(COPY, copy_held_message(reason) if reason else "Mail goes again.")

    def on_synced(self, sync_result: SyncResult) -> None:
        """Log how many records of each kind arrived, and warnings that are new."""
        source, report = sync_result.source, sync_result.report
        if report is None:
            return
        streams = {stream_label(name): count for name, count in report.streams.items() if count}
        counts = [
            count_noun(count, name.removesuffix("s"), name) for name, count in streams.items()
        ]
        if report.absence.gone:
            counts.append(f"{report.absence.gone:,} no longer there")
        log_event(source, ", ".join(counts))
        warnings = " ".join(report.warnings)
        if self._has_changed(f"{source}: warnings", warnings) and warnings:
            log_event(source, warnings, level=logging.WARNING)

    def on_going_live(self, rehearsal: RehearsalSummary) -> None:
        """Log once how many mails were rehearsed before the shop went live."""
        if self._has_changed(f"{RUN}: rehearsed", str(rehearsal)):
            log_event(RUN, str(rehearsal))

    def on_tick_finished(self, counts: Mapping[str, Counts], awaiting_approval: int) -> None:
        """Log the tick's totals; the message is empty if there was nothing to do."""
        totals = sum_counts(counts.values())
        has_news = awaiting_approval != self._awaiting_approval
        self._awaiting_approval = awaiting_approval
        if has_news or any(map(totals.outcomes.get, OUTCOME_NOUNS)):
            message = tick_message(totals, awaiting_approval)
        else:
            message = ""
        figures = {name: totals.outcomes[name] for name in OUTCOMES}
        log_event(RUN, message, figures | {"waiting_for_your_word": awaiting_approval})

    def on_status(self, subject: str, error: Exception | None) -> None:
        """Log `error` when it first occurs or changes, and the recovery when it is None again."""
        message = error_message(subject, error) if error else ""
        if not self._has_changed(subject, message):
            return
        if error is None:
            log_event(subject, "works again.")
        elif isinstance(error, RegularsError):
            log_event(subject, message, level=logging.WARNING)
        else:
            self._write_crash_log("".join(traceback.format_exception(error)))
            log_event(subject, message, level=logging.ERROR)

    def _has_changed(self, subject: str, message: str) -> bool:
        with self._lock:
            previous, self._last_messages[subject] = self._last_messages.get(subject, ""), message
        return message != previous


def tick_message(counts: Counts, awaiting_approval: int) -> str:
    """Returns the sentence of a tick: "3 mails sent, 1 waits for your word"."""
    parts = [
        count_noun(count, *nouns)
        for name, nouns in OUTCOME_NOUNS.items()
        if (count := counts.outcomes[name])
    ]
    if awaiting_approval:
        parts.append(f"{count_noun(awaiting_approval, 'waits', 'wait')} for your word")
    return ", ".join(parts) or "nobody waits for your word any more"


def error_message(subject: str, error: Exception) -> str:
    """Returns the sentence that says what keeps `subject` from working.

    Of an internal error it names only type and location: its text may hold personal data.
    """
    if isinstance(error, ConfigError):
        mistakes = count_noun(len(error.mistakes), "mistake")
        first = f"the first in line {error.mistakes[0].line}"
        return f"{mistakes}, {first}: regulars check names them. {CONFIG_BROKEN_NOTE}"
    if isinstance(error, RegularsError):
        return f"{error} {CONFIG_BROKEN_NOTE}" if subject == FILE else str(error)
    details = "the details are in .regulars/crash.log."
    return f"a fault of Regulars, {error_summary(error)}; {details}"
