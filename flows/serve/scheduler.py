"""What a shop that is served does on each round: read the sources, look at the rules, tidy up.

Each round opens the shop anew, so that a changed file counts from then on, and a broken one sends
nothing. Prefect carries the work and keeps a record of it; where it does not, the work is done
without it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from engine.config.owner_config import OwnersFile
from engine.delivery.going_live import Rehearsed, rehearsed
from engine.inbound.provider_suppressions import SENDGRID, asked
from engine.inbound.read_mailbox import SOURCE as MAILBOX
from engine.open.open_shop import OpenShop, open_shop
from engine.owner.approvals import waiting
from engine.sync.sync import Synced
from engine.tick.counts import Counts
from flows.runtime.current_shop import opened
from flows.runtime.graceful_stop import asked_to_end, confirm_until
from flows.serve import fallback
from flows.serve.due import rest
from flows.serve.supervisor import Keeper
from settings.errors import OutOfReach, Trouble
from shop.db.engine import reading
from shop.db.locks import Busy

FILE = "file"
RUN = "run"
PREFECT = "prefect"
MAINTENANCE = "maintenance"
MORNING = "the morning letter"
SIGN_UPS = "sign-ups"
COMES_UP = 30.0  # seconds that a first round waits for Prefect
AWAY = OutOfReach("Prefect does not answer. The work goes on without it, and it is started anew.")


class Told(Protocol):
    """Who hears of it."""

    def opened(self, shop: OpenShop) -> None: ...

    def synced(self, one: Synced) -> None: ...

    def goes_live(self, found: Rehearsed) -> None: ...

    def looked(self, counts: Mapping[str, Counts], waiting: int) -> None: ...

    def stands(self, what: str, in_its_way: Exception | None) -> None:
        """Whether something works at this moment; the same, over and over, is no news."""
        ...


@dataclass(frozen=True)
class Pace:
    """How long it is from one round to the next."""

    sync: timedelta
    look: timedelta


def pace_of(file: OwnersFile) -> Pace:
    return Pace(file.schedule.sync_every.elapsed, file.schedule.look_every.elapsed)


@dataclass
class Rests:
    """Sources that fail are asked less and less often, and every other one as always."""

    failures: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)

    def is_due(self, name: str) -> bool:
        """Asked once a round."""
        left = self.left.get(name, 0)
        self.left[name] = max(0, left - 1)
        return left == 0

    def note(self, name: str, *, failed: bool) -> None:
        self.failures[name] = self.failures.get(name, 0) + 1 if failed else 0
        self.left[name] = rest(self.failures[name])


@dataclass
class Rounds:
    """Of one shop; each of its three kinds of work in a thread of its own."""

    config: Path
    keeper: Keeper
    told: Told
    stop: Event
    since: datetime
    pace: Pace
    fixed_pace: Pace | None = None  # whatever the file says: for trying things out
    rests: Rests = field(default_factory=Rests)
    signed_up: Event = field(default_factory=Event)  # somebody waits for a mail since then
    _has_waited: bool = False

    async def look(self, now: datetime) -> None:
        """The rules, and what is due."""
        with self._shop() as shop:
            if shop is None:
                return
            with self._noting(RUN):
                self._say_what_was_rehearsed(shop, now)
                counts = await self._ticked(shop, now)
                with reading(shop.engine) as connection:
                    self.told.looked(counts, len(waiting(connection)))
            with self._noting(MORNING):
                fallback.write_to_the_owner(shop, now)

    def _say_what_was_rehearsed(self, shop: OpenShop, now: datetime) -> None:
        with reading(shop.engine) as connection:
            found = rehearsed(connection, shop.file, now=now)
        if found:
            self.told.goes_live(found)

    async def sync(self, now: datetime) -> None:
        """Each source on its own, one after the other."""
        with self._shop() as shop:
            if shop is None:
                return
            mailbox = [MAILBOX] if shop.file.sending.mailbox else []
            sendgrid = [SENDGRID] if asked(shop.file) else []
            for name in [*shop.file.sources, *mailbox, *sendgrid]:
                if not self.stop.is_set() and self.rests.is_due(name):
                    await self._source(shop, name, now)

    async def confirm(self, _now: datetime) -> None:
        """Every few seconds: whoever signed up stands at the till and looks into their mailbox."""
        if not self.signed_up.is_set():
            return
        self.signed_up.clear()
        with self._shop() as shop:
            if shop is not None:
                with self._noting(SIGN_UPS):
                    confirm_until(shop, self.stop.is_set)

    async def tidy(self, _now: datetime) -> None:
        """Once a day."""
        with self._shop() as shop:
            if shop is None:
                return
            with self._noting(MAINTENANCE):
                from flows.maintenance import maintenance, tidy

                await self._carried(
                    lambda carried: carried(maintenance, config=str(shop.path), since=self.since),
                    lambda: _at_once(tidy, shop),
                )

    async def _ticked(self, shop: OpenShop, now: datetime) -> Mapping[str, Counts]:
        from flows.tick import tick

        counts: Mapping[str, Counts] = await self._carried(
            lambda carried: carried(tick, config=str(shop.path), now=now),
            lambda: _at_once(fallback.tick, shop, now, self.stop.is_set),
        )
        return counts

    async def _source(self, shop: OpenShop, name: str, now: datetime) -> None:
        trouble: Exception | None = None
        try:
            for one in await self._synced(shop, name, now):
                trouble = one.trouble
                self.told.synced(one)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is this source's alone
            trouble = error
        self.rests.note(name, failed=trouble is not None)
        self.told.stands(name, trouble)

    async def _synced(self, shop: OpenShop, name: str, now: datetime) -> Sequence[Synced]:
        from flows.mailbox import mailbox
        from flows.sync import sync

        config = str(shop.path)
        if name == MAILBOX:
            found: Sequence[Synced] = await self._carried(
                lambda carried: carried(mailbox, config=config, now=now),
                lambda: fallback.mailbox(shop, now),
            )
        else:
            found = await self._carried(
                lambda carried: carried(sync, config=config, now=now, only=name),
                lambda: fallback.sync(shop, now, name),
            )
        return found

    async def _carried(
        self,
        with_prefect: Callable[[Callable[..., Awaitable[Any]]], Awaitable[Any]],
        without: Callable[[], Awaitable[Any]],
    ) -> Any:
        """By Prefect where it answers. What fails without a sentence of ours may be its fault."""
        from flows.runtime.run_flow import carried

        if self._prefect_answers():
            asked_to_end.set(self.stop.is_set)
            try:
                return await with_prefect(carried)
            except Trouble:
                raise
            except Exception:  # noqa: BLE001  # where it is our own fault, it comes again below
                self._prefect_answers()
        return await without()

    def _prefect_answers(self) -> bool:
        patience = 0 if self._has_waited else COMES_UP
        answers = self.keeper.wait_until_it_answers(self.stop, patience)
        self._has_waited = True
        if not self.stop.is_set():
            self.told.stands(PREFECT, None if answers else AWAY)
        return answers

    @contextmanager
    def _shop(self) -> Iterator[OpenShop | None]:
        """None where its file, or its database, cannot be read: then nothing is done."""
        shop = None
        with self._noting(FILE):
            shop = open_shop(self.config)
            self.pace = self.fixed_pace or pace_of(shop.file)
            self.told.opened(shop)
        opened.set(shop)
        try:
            yield shop
        finally:
            opened.set(None)
            if shop:
                shop.engine.dispose()

    @contextmanager
    def _noting(self, what: str) -> Iterator[None]:
        try:
            yield
        except Busy:
            return  # somebody is at this very work: it is not queued, the next round comes
        except Exception as error:  # noqa: BLE001  # a round that fails must not end the next ones
            self.told.stands(what, error)
        else:
            self.told.stands(what, None)


async def _at_once(work: Callable[..., Any], *given: Any) -> Any:
    return work(*given)
