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
from flows.runtime.prefect_server import configure_prefect
from flows.serve.periodic_thread import PeriodicThread
from flows.serve.scheduler import Intervals, Scheduler, intervals_from
from flows.serve.supervisor import PrefectSupervisor
from pages.server import STOP_SIGNALS
from regulars.serve.log import ServeLog
from regulars.serve.pages import PagesAddress, ServedPages, serve_pages
from regulars.terminal import gc_tuning
from regulars.terminal.log import EventLog, LogFormat
from settings.errors import UnavailableError
from settings.text_value import with_unit
from shop.db.locks import LockHeldError, hold_lock

LOCK = "serve"
ALREADY_SERVED = "This shop is being served already, by another process. Stop that one first."
DAY = timedelta(days=1)
CONFIRMATION_INTERVAL = timedelta(seconds=2)  # whoever signed up looks into their mailbox
MAINTENANCE_DELAY = timedelta(minutes=1)  # housekeeping is nothing to begin a day with
GRACE_PERIOD = 4.0  # seconds in which the mail at hand is finished
CANCEL_PERIOD = 2.5  # seconds more, then the rest is cut off, and the next start takes it over
CANCEL_INTERVAL = 0.1  # seconds
# Where Prefect hangs, nobody waits for it for minutes.
PREFECT_TIMEOUTS = {"PREFECT_CLIENT_MAX_RETRIES": "3", "PREFECT_API_REQUEST_TIMEOUT": "10"}


def serve_shop(
    config: Path,
    *,
    pages_address: PagesAddress | None,
    log_format: LogFormat,
    fixed_intervals: Intervals | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT."""
    shop = open_shop(config)
    log = EventLog(log_format, shop.config.shop.zone, _now)
    sign_up_pending = Event()
    sign_up_pending.set()  # somebody may wait since the last time
    with (
        _stop_signals() as received_signals,
        _serve_lock(shop),
        configure_prefect(shop.folder, PREFECT_TIMEOUTS) as server_config,
        serve_pages(shop, pages_address, log, sign_up_pending.set)
        if pages_address
        else nullcontext() as pages,
    ):
        supervisor = PrefectSupervisor(server_config)
        serve_log = ServeLog(
            log, _crash_log_writer(shop.folder), pages.show_shop if pages else _ignore_shop
        )
        intervals = fixed_intervals or intervals_from(shop.config)
        scheduler = Scheduler(
            shop.path,
            supervisor,
            serve_log,
            Event(),
            _now(),
            intervals,
            fixed_intervals,
            sign_up_pending=sign_up_pending,
        )
        log.write_event("serve", _greeting(shop, intervals, pages))
        supervisor.start()
        stopped_cleanly = _run_threads(scheduler, received_signals)
        supervisor.request_stop()
        supervisor.join()
        _finish(log, stopped_cleanly=stopped_cleanly)


def _run_threads(scheduler: Scheduler, received_signals: Sequence[int]) -> bool:
    """Until somebody asks for the end; whether it was reached in time."""
    gc_tuning.collect_normally()
    tick_thread = PeriodicThread(
        "look",
        scheduler.run_tick,
        interval=lambda: scheduler.intervals.tick,
        stop=scheduler.stop,
        clock=_now,
    )
    sync_thread = PeriodicThread(
        "sync",
        scheduler.sync_sources,
        interval=lambda: scheduler.intervals.sync,
        stop=scheduler.stop,
        clock=_now,
    )
    maintenance_thread = PeriodicThread(
        "tidy",
        scheduler.run_maintenance,
        interval=lambda: DAY,
        stop=scheduler.stop,
        clock=_now,
        initial_delay=MAINTENANCE_DELAY,
    )
    confirmation_thread = PeriodicThread(
        "sign-ups",
        scheduler.send_confirmations,
        interval=lambda: CONFIRMATION_INTERVAL,
        stop=scheduler.stop,
        clock=_now,
    )
    for thread in (sync_thread, tick_thread, maintenance_thread, confirmation_thread):
        thread.start()
    while not received_signals:
        # An Event that a signal sets could find this very thread holding its lock.
        time.sleep(0.2)
    scheduler.stop.set()
    return _stop_threads(tick_thread, (sync_thread, maintenance_thread, confirmation_thread))


def _stop_threads(tick_thread: PeriodicThread, other_threads: Sequence[PeriodicThread]) -> bool:
    """Reading can be broken off anywhere; mail is finished or handed back."""
    for thread in other_threads:
        thread.cancel_current()
    _join((tick_thread, *other_threads), GRACE_PERIOD)
    remaining = CANCEL_PERIOD
    while remaining > 0 and (
        running := [thread for thread in (tick_thread, *other_threads) if thread.is_alive()]
    ):
        # Over and over: Prefect, broken off, waits for its server to be told so.
        for thread in running:
            thread.cancel_current()
        remaining -= CANCEL_INTERVAL
        _join(running, CANCEL_INTERVAL)
    return not any(thread.is_alive() for thread in (tick_thread, *other_threads))


def _join(threads: Sequence[PeriodicThread], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def _finish(log: EventLog, *, stopped_cleanly: bool) -> None:
    """A thread that hangs would keep the process; what it held is taken over by the next one."""
    if stopped_cleanly:
        log.write_event("serve", "stopped.")
        return
    log.write_event("serve", "stopped in the middle of something; the next start takes it over.")
    os._exit(UnavailableError.exit_status)


@contextmanager
def _serve_lock(shop: OpenShop) -> Iterator[None]:
    """Two would read every source twice, and ask everybody's patience."""
    with ExitStack() as stack:
        try:
            stack.enter_context(hold_lock(shop.engine, LOCK))
        except LockHeldError:
            raise UnavailableError(ALREADY_SERVED) from None
        yield


@contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """The signals that asked for the end. A second one does not wait for it."""
    received: list[int] = []

    def ask(signal_number: int, _frame: FrameType | None) -> None:
        received.append(signal_number)
        signal.signal(signal_number, signal.SIG_DFL)

    previous_handlers = {
        signal_number: signal.signal(signal_number, ask) for signal_number in STOP_SIGNALS
    }
    try:
        yield received
    finally:
        for signal_number, handler in previous_handlers.items():
            signal.signal(signal_number, handler)


def _greeting(shop: OpenShop, intervals: Intervals, pages: ServedPages | None) -> str:
    sources = with_unit(len(shop.config.sources), "sources")
    rules = with_unit(len(shop.config.rules), "rules")
    pages_text = f"pages at {pages.address}" if pages else "no pages"
    sync, tick = _interval_text(intervals.sync), _interval_text(intervals.tick)
    return f"{sources} every {sync}, {rules} every {tick}, {pages_text}."


def _interval_text(interval: timedelta) -> str:
    seconds = round(interval.total_seconds())
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds")):
        if seconds % size == 0:
            return with_unit(seconds // size, unit)
    return f"{seconds} seconds"


def _crash_log_writer(folder: Path) -> Callable[[str], None]:
    """For whoever looks after the shop: readable by its owner alone."""

    def keep(details: str) -> None:
        path = folder / ".regulars" / "crash.log"
        path.parent.mkdir(exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(details)

    return keep


def _ignore_shop(_shop: OpenShop) -> None:
    """Without pages, a changed file shows nowhere."""


def _now() -> datetime:
    return datetime.now(UTC)
