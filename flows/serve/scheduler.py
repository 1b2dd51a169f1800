"""The scheduled work of `regulars serve`: sync, tick, maintenance and sign-up confirmations.

Each round opens the shop again, so that a changed config takes effect and a broken one sends
nothing. The work runs as Prefect flows while Prefect's server responds, else without Prefect.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from engine.clock.plausibility import ClockAheadError, check_clock
from engine.config.owner_config import OwnerConfig
from engine.delivery.going_live import RehearsalSummary, summarize_rehearsal
from engine.inbound.provider_suppressions import suppression_source
from engine.inbound.read_mailbox import SOURCE as MAILBOX
from engine.open.open_shop import OpenShop, open_shop
from engine.owner.approvals import pending_mails
from engine.owner.digest import send_digest_if_due
from engine.run import confirm_sign_ups, run_tick
from engine.sync.sync import SyncResult, sync_all, sync_mailbox
from engine.tick.counts import Counts
from engine.tick_context import running_clock
from flows.runtime.current_shop import current_shop
from flows.runtime.run_clock import run_clock
from flows.runtime.stop_check import stop_check
from flows.serve.due import rounds_to_skip
from flows.serve.supervisor import PrefectSupervisor
from settings.errors import RegularsError, UnavailableError
from shop.db.engine import read_transaction
from shop.db.locks import LockHeldError

FILE = "file"
CLOCK = "clock"
RUN = "run"
PREFECT = "prefect"
MAINTENANCE = "maintenance"
MORNING = "the morning letter"
SIGN_UPS = "sign-ups"
PREFECT_STARTUP_TIMEOUT = 30.0  # seconds, in the first round
PREFECT_UNAVAILABLE = UnavailableError(
    "Prefect does not answer. The work goes on without it, and it is started anew."
)


class ServeObserver(Protocol):
    """Is told what the scheduler does; may be called from several threads."""

    def on_shop_opened(self, shop: OpenShop) -> None: ...

    def on_synced(self, sync_result: SyncResult) -> None: ...

    def on_going_live(self, rehearsal: RehearsalSummary) -> None: ...

    def on_tick_finished(self, counts: Mapping[str, Counts], awaiting_approval: int) -> None: ...

    def on_status(self, subject: str, error: Exception | None) -> None:
        """Report `error`, or None for success, of one `subject` in each round."""
        ...


@dataclass(frozen=True)
class Intervals:
    """The time between two rounds."""

    sync: timedelta
    tick: timedelta


def intervals_from(config: OwnerConfig) -> Intervals:
    """Returns the intervals in the config's `schedule`."""
    return Intervals(config.schedule.sync_every.elapsed, config.schedule.look_every.elapsed)


@dataclass
class Backoff:
    """Exponential backoff of failing sources, counted in rounds."""

    failures: dict[str, int] = field(default_factory=dict)
    rounds_left: dict[str, int] = field(default_factory=dict)

    def is_due(self, name: str) -> bool:
        """Returns whether the source `name` is read in this round; called once a round."""
        rounds_left = self.rounds_left.get(name, 0)
        self.rounds_left[name] = max(0, rounds_left - 1)
        return rounds_left == 0

    def record_outcome(self, name: str, *, failed: bool) -> None:
        """Set how many rounds to skip after consecutive failures."""
        self.failures[name] = self.failures.get(name, 0) + 1 if failed else 0
        self.rounds_left[name] = rounds_to_skip(self.failures[name])


@dataclass
class Scheduler:
    """The rounds of one shop; each kind of work is called from a thread of its own.

    `fixed_intervals` replace those of the config. `sign_up_pending` is set by the pages when a
    visitor signs up.
    """

    config: Path
    supervisor: PrefectSupervisor
    observer: ServeObserver
    stop: Event
    started_at: datetime
    intervals: Intervals
    fixed_intervals: Intervals | None = None
    backoff: Backoff = field(default_factory=Backoff)
    sign_up_pending: Event = field(default_factory=Event)
    _waited_for_prefect: bool = False

    async def run_tick(self, now: datetime) -> None:
        """Run one tick at `now`, and send the digest if it is due."""
        with self._opened_shop(now) as shop:
            if shop is None:
                return
            with self._report_status(RUN):
                self._report_going_live(shop, now)
                counts = await self._run_tick_flow(shop, now)
                with read_transaction(shop.engine) as connection:
                    self.observer.on_tick_finished(counts, len(pending_mails(connection)))
            with self._report_status(MORNING):
                send_digest_if_due(shop, now=now)

    def _report_going_live(self, shop: OpenShop, now: datetime) -> None:
        with read_transaction(shop.engine) as connection:
            rehearsal = summarize_rehearsal(connection, shop.config, now=now)
        if rehearsal:
            self.observer.on_going_live(rehearsal)

    async def sync_sources(self, now: datetime) -> None:
        """Sync the sources one after the other, then mailbox and suppression lists."""
        with self._opened_shop() as shop:
            if shop is None:
                return
            mailbox = [MAILBOX] if shop.config.sending.mailbox else []
            provider = suppression_source(shop.config)
            for source in [*shop.config.sources, *mailbox, *([provider] if provider else [])]:
                if not self.stop.is_set() and self.backoff.is_due(source):
                    await self._sync_source(shop, source, now)

    async def send_confirmations(self, now: datetime) -> None:
        """Send the confirmation mails of new sign-ups; called every few seconds."""
        if not self.sign_up_pending.is_set():
            return
        self.sign_up_pending.clear()
        with self._opened_shop(now) as shop:
            if shop is not None:
                with self._report_status(SIGN_UPS):
                    confirm_sign_ups(shop, should_stop=self.stop.is_set)

    async def run_maintenance(self, now: datetime) -> None:
        """Run the daily maintenance."""
        with self._opened_shop(now) as shop:
            if shop is None:
                return
            with self._report_status(MAINTENANCE):
                from flows.maintenance import clean_up_shop, maintenance

                await self._run_or_fall_back(
                    lambda run: run(maintenance, config=str(shop.path), since=self.started_at),
                    lambda: _run_directly(clean_up_shop, shop),
                )

    async def _run_tick_flow(self, shop: OpenShop, now: datetime) -> Mapping[str, Counts]:
        from flows.tick import tick

        clock = running_clock(now)
        run_clock.set(clock)
        counts: Mapping[str, Counts] = await self._run_or_fall_back(
            lambda run: run(tick, config=str(shop.path), now=now),
            lambda: _run_directly(
                run_tick, shop, now=now, should_stop=self.stop.is_set, clock=clock
            ),
        )
        return counts

    async def _sync_source(self, shop: OpenShop, source: str, now: datetime) -> None:
        failure: Exception | None = None
        try:
            for sync_result in await self._run_sync_flow(shop, source, now):
                failure = sync_result.error
                self.observer.on_synced(sync_result)
        except Exception as error:  # noqa: BLE001  # of any kind: it must not affect other sources
            failure = error
        self.backoff.record_outcome(source, failed=failure is not None)
        self.observer.on_status(source, failure)

    async def _run_sync_flow(
        self, shop: OpenShop, source: str, now: datetime
    ) -> Sequence[SyncResult]:
        from flows.mailbox import mailbox
        from flows.sync import sync

        config = str(shop.path)
        if source == MAILBOX:
            sync_results: Sequence[SyncResult] = await self._run_or_fall_back(
                lambda run: run(mailbox, config=config, now=now),
                lambda: sync_mailbox(shop, now=now),
            )
        else:
            sync_results = await self._run_or_fall_back(
                lambda run: run(sync, config=config, now=now, only=source),
                lambda: sync_all(shop, now=now, only=source),
            )
        return sync_results

    async def _run_or_fall_back(
        self,
        with_prefect: Callable[[Callable[..., Awaitable[Any]]], Awaitable[Any]],
        without_prefect: Callable[[], Awaitable[Any]],
    ) -> Any:
        """Returns the result of the flow, or of the function that works without Prefect.

        An unexpected error may be Prefect's fault: then the work is repeated without it. Both do
        nothing twice.
        """
        from flows.runtime.run_flow import run_flow_async

        if self._prefect_is_available():
            stop_check.set(self.stop.is_set)
            try:
                return await with_prefect(run_flow_async)
            except RegularsError:
                raise
            except Exception:  # noqa: BLE001  # an error of our own is raised again below
                self._prefect_is_available()
        return await without_prefect()

    def _prefect_is_available(self) -> bool:
        timeout = 0 if self._waited_for_prefect else PREFECT_STARTUP_TIMEOUT
        available = self.supervisor.wait_until_available(self.stop, timeout)
        self._waited_for_prefect = True
        if not self.stop.is_set():
            self.observer.on_status(PREFECT, None if available else PREFECT_UNAVAILABLE)
        return available

    @contextmanager
    def _opened_shop(self, now: datetime | None = None) -> Iterator[OpenShop | None]:
        """Yields the shop, or None if its config or database cannot be read.

        Work that goes by the time gives `now`: None, too, where the machine's clock is implausible.
        A sync does not: it brings the time of the sources' servers.
        """
        shop = None
        with self._report_status(FILE):
            shop = open_shop(self.config)
            self.intervals = self.fixed_intervals or intervals_from(shop.config)
            self.observer.on_shop_opened(shop)
        current_shop.set(shop)
        try:
            yield shop if shop and (now is None or self._is_plausible(shop, now)) else None
        finally:
            current_shop.set(None)
            if shop:
                shop.engine.dispose()

    def _is_plausible(self, shop: OpenShop, now: datetime) -> bool:
        try:
            check_clock(shop.folder, now)
        except ClockAheadError as error:
            self.observer.on_status(CLOCK, error)
            return False
        self.observer.on_status(CLOCK, None)
        return True

    @contextmanager
    def _report_status(self, subject: str) -> Iterator[None]:
        try:
            yield
        except LockHeldError:
            return  # another process does this work; the next round follows
        except Exception as error:  # noqa: BLE001  # of any kind: the next round must run
            self.observer.on_status(subject, error)
        else:
            self.observer.on_status(subject, None)


async def _run_directly(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)
