"""`serve`: everything a shop needs, in one process and Prefect's beside it, until stopped.

The main thread waits for a signal. Sources, rules and housekeeping have a thread each, so that a
slow platform keeps no mail back; so have the pages, and the keeper of Prefect's server.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from types import FrameType

from engine.open.open_shop import OpenShop, open_shop
from flows.runtime.prefect_server import place_for_prefect
from flows.serve.periodic_thread import Job
from flows.serve.scheduler import Pace, Rounds, pace_of
from flows.serve.supervisor import Keeper
from pages.server import STOPS
from regulars.commands.serve_log import Telling
from regulars.commands.serve_pages import Door, ServedPages, served
from regulars.terminal import gc_tuning
from regulars.terminal.log import Form, Log
from settings.errors import OutOfReach
from settings.text_value import counted
from shop.db.locks import Busy, alone

LOCK = "serve"
ANOTHER = "This shop is being served already, by another process. Stop that one first."
DAY = timedelta(days=1)
AT_ONCE = timedelta(seconds=2)  # whoever signed up looks into their mailbox
LATER = timedelta(minutes=1)  # housekeeping is nothing to begin a day with
POLITE = 4.0  # seconds in which the mail at hand is finished
IMPOLITE = 2.5  # seconds more, then the rest is cut off, and the next start takes it over
AGAIN = 0.1  # seconds
# Where Prefect hangs, nobody waits for it for minutes.
IMPATIENT = {"PREFECT_CLIENT_MAX_RETRIES": "3", "PREFECT_API_REQUEST_TIMEOUT": "10"}


def run(config: Path, *, door: Door | None, form: Form, pace: Pace | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    shop = open_shop(config)
    log = Log(form, shop.file.shop.zone, _now)
    signed_up = Event()
    signed_up.set()  # somebody may wait since the last time
    with (
        _signals() as asked,
        _only_one(shop),
        place_for_prefect(shop.folder, IMPATIENT) as place,
        served(shop, door, log, signed_up.set) if door else nullcontext() as pages,
    ):
        keeper = Keeper(place)
        telling = Telling(log, _kept_in(shop.folder), pages.show if pages else _nobody_sees)
        first = pace or pace_of(shop.file)
        rounds = Rounds(
            shop.path, keeper, telling, Event(), _now(), first, pace, signed_up=signed_up
        )
        log.say("serve", _greeting(shop, first, pages))
        keeper.start()
        whole = _work(rounds, asked)
        keeper.end()
        keeper.join()
        _say_the_end(log, whole=whole)


def _work(rounds: Rounds, asked: Sequence[int]) -> bool:
    """Until somebody asks for the end; whether it was reached in time."""
    gc_tuning.look_as_usual()
    look = Job("look", rounds.look, every=lambda: rounds.pace.look, stop=rounds.stop, clock=_now)
    sync = Job("sync", rounds.sync, every=lambda: rounds.pace.sync, stop=rounds.stop, clock=_now)
    tidy = Job("tidy", rounds.tidy, every=lambda: DAY, stop=rounds.stop, clock=_now, after=LATER)
    sign_ups = Job("sign-ups", rounds.confirm, every=lambda: AT_ONCE, stop=rounds.stop, clock=_now)
    for job in (sync, look, tidy, sign_ups):
        job.start()
    while not asked:
        # An Event that a signal sets could find this very thread holding its lock.
        time.sleep(0.2)
    rounds.stop.set()
    return _ended(look, (sync, tidy, sign_ups))


def _ended(look: Job, others: Sequence[Job]) -> bool:
    """Reading can be broken off anywhere; mail is finished or handed back."""
    for job in others:
        job.break_off()
    _wait_for((look, *others), POLITE)
    left = IMPOLITE
    while left > 0 and (alive := [job for job in (look, *others) if job.is_alive()]):
        # Over and over: Prefect, broken off, waits for its server to be told so.
        for job in alive:
            job.break_off()
        left -= AGAIN
        _wait_for(alive, AGAIN)
    return not any(job.is_alive() for job in (look, *others))


def _wait_for(jobs: Sequence[Job], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for job in jobs:
        job.join(max(0.0, deadline - time.monotonic()))


def _say_the_end(log: Log, *, whole: bool) -> None:
    """A thread that hangs would keep the process; what it held is taken over by the next one."""
    if whole:
        log.say("serve", "stopped.")
        return
    log.say("serve", "stopped in the middle of something; the next start takes it over.")
    os._exit(OutOfReach.exit_status)


@contextmanager
def _only_one(shop: OpenShop) -> Iterator[None]:
    """Two would read every source twice, and ask everybody's patience."""
    with ExitStack() as held:
        try:
            held.enter_context(alone(shop.engine, LOCK))
        except Busy:
            raise OutOfReach(ANOTHER) from None
        yield


@contextmanager
def _signals() -> Iterator[list[int]]:
    """The signals that asked for the end. A second one does not wait for it."""
    asked: list[int] = []

    def ask(sign: int, _frame: FrameType | None) -> None:
        asked.append(sign)
        signal.signal(sign, signal.SIG_DFL)

    before = {sign: signal.signal(sign, ask) for sign in STOPS}
    try:
        yield asked
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def _greeting(shop: OpenShop, pace: Pace, pages: ServedPages | None) -> str:
    sources = counted(len(shop.file.sources), "sources")
    rules = counted(len(shop.file.rules), "rules")
    where = f"pages at {pages.address}" if pages else "no pages"
    return f"{sources} every {_spoken(pace.sync)}, {rules} every {_spoken(pace.look)}, {where}."


def _spoken(every: timedelta) -> str:
    seconds = round(every.total_seconds())
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds")):
        if seconds % size == 0:
            return counted(seconds // size, unit)
    return f"{seconds} seconds"


def _kept_in(folder: Path) -> Callable[[str], None]:
    """For whoever looks after the shop: readable by its owner alone."""

    def keep(details: str) -> None:
        log = folder / ".regulars" / "crash.log"
        log.parent.mkdir(exist_ok=True)
        log.touch(mode=0o600)
        log.write_text(details)

    return keep


def _nobody_sees(_shop: OpenShop) -> None:
    """Without pages, a changed file shows nowhere."""


def _now() -> datetime:
    return datetime.now(UTC)
