"""What happens while a shop is served, in sentences; what stays as it was is said once."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from types import TracebackType

from engine.backup.activate_copy import asleep
from engine.delivery.going_live import Rehearsed
from engine.open.open_shop import OpenShop
from engine.sync.sync import Synced
from engine.tick.counts import OUTCOMES, Counts, total
from flows.serve.scheduler import FILE, RUN
from regulars.commands.backup import sentence
from regulars.terminal.log import Log
from regulars.terminal.output import counted, spoken
from settings.errors import Trouble
from settings.yaml.load import FileNotUnderstood

WORDS = {
    "sent": ("mail sent", "mails sent"),
    "rehearsed": ("mail rehearsed", "mails rehearsed"),
    "failed": ("mail failed", "mails failed"),
    "in_doubt": ("mail in doubt", "mails in doubt"),
    "deferred": ("mail put off", "mails put off"),
    "skipped": ("mail not written", "mails not written"),
}
COPY = "shop"
HELD = "Nothing is read or sent until it is mended; the pages go on."


class Telling:
    """The ear of `flows.serve.scheduler.Rounds`."""

    def __init__(
        self, log: Log, keep: Callable[[str], None], opened: Callable[[OpenShop], None]
    ) -> None:
        self._log, self._keep, self._opened = log, keep, opened
        self._known: dict[str, str] = {}
        self._waiting = 0
        self._lock = Lock()

    def opened(self, shop: OpenShop) -> None:
        self._opened(shop)
        held = asleep(shop.engine)
        if self._is_news(COPY, held or ""):
            self._log.say(COPY, sentence(held) if held else "Mail goes again.")

    def synced(self, one: Synced) -> None:
        if one.report is None:
            return
        streams = {spoken(name): many for name, many in one.report.streams.items() if many}
        arrived = [counted(many, name.removesuffix("s"), name) for name, many in streams.items()]
        self._log.say(one.source, ", ".join(arrived))
        warnings = " ".join(one.report.warnings)
        if self._is_news(f"{one.source}: warnings", warnings) and warnings:
            self._log.say(one.source, warnings)

    def goes_live(self, found: Rehearsed) -> None:
        if self._is_news(f"{RUN}: rehearsed", str(found)):
            self._log.say(RUN, str(found))

    def looked(self, counts: Mapping[str, Counts], waiting: int) -> None:
        whole = total(counts.values())
        more, self._waiting = waiting != self._waiting, waiting
        sentence = run_told(whole, waiting) if more or any(map(whole.outcomes.get, WORDS)) else ""
        figures = {name: whole.outcomes[name] for name in OUTCOMES}
        self._log.say(RUN, sentence, figures | {"waiting_for_your_word": waiting})

    def stands(self, what: str, in_its_way: Exception | None) -> None:
        """Said when it begins, when it changes, and when it is over."""
        sentence = told_of(what, in_its_way) if in_its_way else ""
        if not self._is_news(what, sentence):
            return
        if in_its_way and not isinstance(in_its_way, Trouble):
            self._keep("".join(traceback.format_exception(in_its_way)))
        self._log.say(what, sentence or "works again.")

    def _is_news(self, what: str, sentence: str) -> bool:
        with self._lock:
            before, self._known[what] = self._known.get(what, ""), sentence
        return sentence != before


def run_told(counts: Counts, waiting: int) -> str:
    """3 mails sent, 1 waits for your word."""
    parts = [
        counted(many, *words) for name, words in WORDS.items() if (many := counts.outcomes[name])
    ]
    if waiting:
        parts.append(f"{counted(waiting, 'waits', 'wait')} for your word")
    return ", ".join(parts) or "nobody waits for your word any more"


def told_of(what: str, trouble: Exception) -> str:
    """A sentence; of a fault of ours only its kind and place, for its words may quote anybody."""
    if isinstance(trouble, FileNotUnderstood):
        many = counted(len(trouble.mistakes), "mistake")
        first = f"the first in line {trouble.mistakes[0].line}"
        return f"{many}, {first}: regulars check names them. {HELD}"
    if isinstance(trouble, Trouble):
        return f"{trouble} {HELD}" if what == FILE else str(trouble)
    kind, place = type(trouble).__name__, _place(trouble.__traceback__)
    return f"a fault of Regulars, {kind} at {place}; the details are in .regulars/crash.log."


def _place(trace: TracebackType | None) -> str:
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
