"""The process of `regulars serve`: threads for ticks, syncs, maintenance, sign-ups and pages.

The main thread waits for a signal. Each kind of work has a thread of its own, so that a slow
platform delays no mail; a supervisor keeps Prefect's server running beside this process.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event

from engine.open.open_shop import OpenShop, open_shop
from flows.runtime.prefect_server import configure_prefect
from flows.serve.periodic_thread import PeriodicThread
from flows.serve.scheduler import Intervals, Scheduler, intervals_from
from flows.serve.supervisor import PrefectSupervisor
from regulars.serve.handler import prefect_log_settings, secrets_of, serve_handler
from regulars.serve.log import ServeLog
from regulars.serve.owner_pages import (
    SUBJECT,
    ServedOwnerPages,
    owner_port,
    print_link,
    serve_owner_pages,
    where_they_are,
)
from regulars.serve.pages import PagesAddress, ServedPages, serve_pages
from regulars.terminal import gc_thresholds
from regulars.terminal.crash_log import write_crash_log
from regulars.terminal.log import LogFormat, Redactor, log_event, logging_to
from regulars.terminal.signals import stop_signals
from settings.errors import UnavailableError
from settings.text_value import with_unit
from shop.db.locks import LockHeldError, hold_lock

LOCK = "serve"
ALREADY_SERVED = "This shop is being served already, by another process. Stop that one first."
UNCLEAN_STOP = "stopped in the middle of something; the next start takes it over."
DAY = timedelta(days=1)
CONFIRMATION_INTERVAL = timedelta(seconds=2)  # a visitor waits for the confirmation
MAINTENANCE_DELAY = timedelta(minutes=1)  # after the start, which has more urgent work
GRACE_PERIOD = 4.0  # seconds for the current mail to be finished
CANCEL_PERIOD = 2.5  # seconds more, in which running work is cancelled
CANCEL_INTERVAL = 0.1  # seconds
# Prefect's own defaults would wait for a hanging server for minutes.
PREFECT_TIMEOUTS = {"PREFECT_CLIENT_MAX_RETRIES": "3", "PREFECT_API_REQUEST_TIMEOUT": "10"}


def serve_shop(
    config: Path,
    *,
    pages_address: PagesAddress | None,
    log_format: LogFormat,
    fixed_intervals: Intervals | None = None,
    owner_port_option: int | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; without a `pages_address`, no pages are served.

    `owner_port_option` is the port of the owner's pages, None for the one of the config.

    `fixed_intervals` replace those of the config. Raises ConfigError for a broken config, and
    UnavailableError if another process serves the shop or the pages' port is taken.
    """
    shop = open_shop(config)
    redactor = Redactor(secrets_of(shop))
    sign_up_pending = Event()
    sign_up_pending.set()  # a sign-up may be left from the last run
    with (
        logging_to(serve_handler(shop, log_format, redactor)),
        stop_signals() as received_signals,
        _serve_lock(shop),
        configure_prefect(
            shop.folder, PREFECT_TIMEOUTS | prefect_log_settings(log_format)
        ) as server_config,
        _pages(shop, pages_address, sign_up_pending) as pages,
        _owner_pages(shop, pages_address, owner_port_option) as owner_pages,
    ):
        if owner_pages:
            log_event(SUBJECT, f"at {where_they_are(owner_pages)}")
            print_link(owner_pages)
        supervisor = PrefectSupervisor(server_config)
        show_shop = partial(_show_shop, redactor, pages, owner_pages)
        scheduler = _make_scheduler(shop, supervisor, show_shop, sign_up_pending, fixed_intervals)
        log_event("serve", _greeting(shop, scheduler.intervals, pages))
        supervisor.start()
        stopped_cleanly = _run_threads(scheduler, received_signals)
        supervisor.request_stop()
        supervisor.join()
        _finish(stopped_cleanly=stopped_cleanly)


@contextmanager
def _serve_lock(shop: OpenShop) -> Iterator[None]:
    """Hold the shop's lock: two processes would read every source twice."""
    with ExitStack() as stack:
        try:
            stack.enter_context(hold_lock(shop.engine, LOCK, shop.lease))
        except LockHeldError:
            raise UnavailableError(ALREADY_SERVED) from None
        yield


@contextmanager
def _pages(
    shop: OpenShop, address: PagesAddress | None, sign_up_pending: Event
) -> Iterator[ServedPages | None]:
    serving = serve_pages(shop, address, sign_up_pending.set) if address else nullcontext()
    with serving as pages:
        yield pages


def _owner_pages(
    shop: OpenShop, address: PagesAddress | None, option: int | None
) -> AbstractContextManager[ServedOwnerPages | None]:
    """Without pages there are none for the owner either."""
    return serve_owner_pages(shop, owner_port(shop, option)) if address else nullcontext()


def _make_scheduler(
    shop: OpenShop,
    supervisor: PrefectSupervisor,
    show_shop: Callable[[OpenShop], None],
    sign_up_pending: Event,
    fixed_intervals: Intervals | None,
) -> Scheduler:
    return Scheduler(
        config=shop.path,
        supervisor=supervisor,
        observer=ServeLog(partial(write_crash_log, shop.folder), show_shop),
        stop=Event(),
        started_at=_now(),
        intervals=fixed_intervals or intervals_from(shop.config),
        fixed_intervals=fixed_intervals,
        sign_up_pending=sign_up_pending,
    )


def _show_shop(
    redactor: Redactor,
    pages: ServedPages | None,
    owner_pages: ServedOwnerPages | None,
    shop: OpenShop,
) -> None:
    """Show the shop as it was opened last: its config and the secrets in .env may have changed."""
    redactor.add(secrets_of(shop))
    for served in (pages, owner_pages):
        if served:
            served.show_shop(shop)


def _run_threads(scheduler: Scheduler, received_signals: Sequence[int]) -> bool:
    """Run all threads until a signal is received; returns whether they ended in time."""
    gc_thresholds.collect_normally()
    threads = _make_threads(scheduler)
    for thread in threads.all():
        thread.start()
    while not received_signals:
        # Not an Event: the signal handler runs in this thread, which could be holding its lock.
        time.sleep(0.2)
    scheduler.stop.set()
    return _stop_threads(threads)


@dataclass(frozen=True)
class _Threads:
    """The tick thread, which sends mail, and those that can be cancelled at any time."""

    tick: PeriodicThread
    cancellable: tuple[PeriodicThread, ...]

    def all(self) -> tuple[PeriodicThread, ...]:
        return (*self.cancellable, self.tick)


def _make_threads(scheduler: Scheduler) -> _Threads:
    make = partial(PeriodicThread, stop=scheduler.stop, clock=_now)
    cancellable = (
        make("sync", scheduler.sync_sources, interval=lambda: scheduler.intervals.sync),
        make(
            "maintenance",
            scheduler.run_maintenance,
            interval=lambda: DAY,
            initial_delay=MAINTENANCE_DELAY,
        ),
        make("sign-ups", scheduler.send_confirmations, interval=lambda: CONFIRMATION_INTERVAL),
    )
    tick = make("tick", scheduler.run_tick, interval=lambda: scheduler.intervals.tick)
    return _Threads(tick, cancellable)


def _stop_threads(threads: _Threads) -> bool:
    """Returns whether all threads have ended.

    1. Reading is cancelled at once; the tick thread gets GRACE_PERIOD to finish its current mail.
    2. During CANCEL_PERIOD, threads that still run are cancelled repeatedly: a cancelled Prefect
       run waits for its server.
    """
    for thread in threads.cancellable:
        thread.cancel_current()
    _join(threads.all(), GRACE_PERIOD)
    deadline = time.monotonic() + CANCEL_PERIOD
    while running := [thread for thread in threads.all() if thread.is_alive()]:
        if time.monotonic() > deadline:
            return False
        for thread in running:
            thread.cancel_current()
        _join(running, CANCEL_INTERVAL)
    return True


def _join(threads: Sequence[PeriodicThread], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def _finish(*, stopped_cleanly: bool) -> None:
    """Log the end; a hanging thread is cut off, and the next start reclaims its leases."""
    if stopped_cleanly:
        log_event("serve", "stopped.")
        return
    log_event("serve", UNCLEAN_STOP, level=logging.WARNING)
    os._exit(UnavailableError.exit_status)


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


def _now() -> datetime:
    return datetime.now(UTC)
