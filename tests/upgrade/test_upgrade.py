"""A shop that release 0.1.0 left in the middle of its work goes on under today's code."""

from __future__ import annotations

import email
import email.policy
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.flows.processes import Prefect
from tests.upgrade.databases import Database, OnSqlite, new_on_postgres
from tests.upgrade.frozen import accepted_before, journals, lay_out, platform_records
from tests.upgrade.services import MailServer, Platforms, SendGrid, listening, served
from tests.upgrade.snapshot import OF_0_1_0, Snapshot, take_snapshot
from tests.upgrade.story import PAUSED, Observations, World, upgrade

FROZEN = {
    "awaiting approval": 6,
    "bounced": 2,
    "declined": 1,
    "deferred": 3,
    "failed": 2,
    "in doubt": 1,
    "queued": 3,
    "rehearsed": 1,
    "sending": 15,
    "sent": 20,
    "skipped": 3,
}
PAULA = "7120000000013"  # her no was not yet told to Shopify
SECOND_REMINDER = {"Inês", "Jorge", "Manuel", "Nádia", "Otávio", "Quim"}
SECOND_REMINDER_DECLINED = {"Lia", "Paula"}
SECOND_WELCOME = {"Abel", "Vera", "Yara"}
NO_SECOND_WELCOME = {"Sara", "Xavier", "Zita"}  # they bought nothing: a task instead


@dataclass(frozen=True)
class Upgraded:
    """The shop before, on the way and after."""

    world: World
    frozen: Snapshot
    observations: Observations
    accepted: set[str]  # before the freeze
    delivered: Counter[str]  # after it

    def recipients(self, rule: str) -> Counter[str]:
        """By first name, whom this rule mailed after the freeze."""
        end = self.observations.end
        mailed = [end.messages[key] for key in self.delivered if key in end.messages]
        return Counter(end.names[mail.customer] for mail in mailed if mail.rule == rule)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        yield OnSqlite(tmp_path)
        return
    engine: Engine = request.getfixturevalue("postgres")
    server = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with new_on_postgres(server) as fresh:
        yield fresh


@pytest.fixture
def world(database: Database, tmp_path: Path, prefect: Prefect) -> Iterator[World]:
    platforms, sendgrid, mail_server = Platforms(platform_records()), SendGrid(), MailServer()
    with ExitStack() as services:
        address = services.enter_context(served(platforms, sendgrid))
        port = services.enter_context(listening(mail_server))
        lay_out(tmp_path, database, platforms=address, smtp_port=port)
        yield World(tmp_path, database, prefect, platforms, mail_server, sendgrid)


def test_a_shop_of_0_1_0_goes_on_where_it_was_left(world: World) -> None:
    frozen = take_snapshot(world.database, OF_0_1_0)
    observations = upgrade(world)
    accepted = accepted_before(world.database.dump)
    shop = Upgraded(world, frozen, observations, accepted, Counter(world.delivered()))
    for fact in FACTS:
        fact(shop)


def the_frozen_shop_is_as_its_readme_says(shop: Upgraded) -> None:
    assert Counter(message.state for message in shop.frozen.messages.values()) == FROZEN
    assert Counter(shop.frozen.consents.values()) == {"yes": 31, "none": 10, "no": 5}
    assert shop.accepted >= shop.frozen.in_state("sent") | handed_over(shop, "taken")


def the_migrations_change_nothing(shop: Upgraded) -> None:
    assert shop.observations.opened == shop.frozen


def nothing_is_sent_twice(shop: Upgraded) -> None:
    assert max(shop.delivered.values()) == 1
    assert not shop.accepted & shop.delivered.keys()


def nothing_queued_is_lost(shop: Upgraded) -> None:
    to_go = shop.frozen.in_state("queued", "deferred") | handed_over(shop, "not yet")
    assert to_go <= shop.delivered.keys()


def what_the_dead_processes_handed_over_is_known(shop: Upgraded) -> None:
    assert handed_over(shop, "taken") <= shop.observations.end.in_state("sent")
    assert shop.frozen.in_state("sent") <= shop.observations.end.in_state("sent")


def what_is_in_doubt_stays_in_doubt(shop: Upgraded) -> None:
    doubtful = shop.frozen.in_state("in doubt") | handed_over(shop, "unknown")
    assert shop.observations.in_doubt_that_day == doubtful
    assert shop.observations.in_doubt_at_the_end == doubtful
    assert shop.observations.end.in_state("in doubt") == doubtful


def what_awaits_approval_goes_on_waiting(shop: Upgraded) -> None:
    held = shop.frozen.in_state("awaiting approval")
    assert held <= shop.observations.waiting_that_day
    assert not held & shop.delivered.keys()


def what_was_paused_waits_for_its_owner(shop: Upgraded) -> None:
    early = shop.observations.delivered_while_paused
    assert not [key for key in early if shop.observations.end.messages[key].rule == PAUSED]


def what_had_ended_stays_ended(shop: Upgraded) -> None:
    for state in ("rehearsed", "skipped", "failed", "bounced", "declined"):
        assert shop.frozen.in_state(state) <= shop.observations.end.in_state(state)


def each_waiting_series_takes_its_next_step_once(shop: Upgraded) -> None:
    sonia = Counter(["Sónia"])  # her first reminder had been put off
    again = shop.recipients("abandoned-cart")
    assert again == Counter(SECOND_REMINDER) + sonia + sonia
    assert not again.keys() & SECOND_REMINDER_DECLINED


def a_decision_is_taken_once(shop: Upgraded) -> None:
    mailed = shop.recipients("welcome")
    assert all(mailed[name] == 2 for name in SECOND_WELCOME), mailed
    new_tasks = shop.observations.end.tasks - shop.frozen.tasks
    assert new_tasks == Counter((name, "welcome", False) for name in NO_SECOND_WELCOME)


def nothing_that_came_from_outside_appears_twice(shop: Upgraded) -> None:
    for name, rows in shop.frozen.lasting.items():
        assert shop.observations.end.lasting[name] == rows, name


def balances_are_equal(shop: Upgraded) -> None:
    assert shop.observations.end.balances == shop.frozen.balances


def no_no_is_lost(shop: Upgraded) -> None:
    assert shop.frozen.opted_out() == shop.observations.end.opted_out()
    end = shop.observations.end
    for customer, address in end.addresses.items():
        if address:  # a yes without an address counts for no address
            assert shop.frozen.consents.get(customer) == end.consents.get(customer)


def nobody_who_said_no_is_mailed(shop: Upgraded) -> None:
    end = shop.observations.end
    blocked = {who for who, address in end.addresses.items() if address in end.suppressed}
    mailed = {end.messages[key].customer for key in shop.delivered if key in end.messages}
    assert not mailed & (blocked | shop.frozen.opted_out())


def a_no_is_told_to_the_platform_once(shop: Upgraded) -> None:
    assert shop.frozen.pending_write_backs == {("online-shop", PAULA)}
    assert shop.world.platforms.unsubscribed == [f"gid://shopify/Customer/{PAULA}"]
    assert not shop.observations.end.pending_write_backs


def no_cursor_is_lost(shop: Upgraded) -> None:
    """A cursor may go back: a stream is read again from shortly before its newest record."""
    for place, since in shop.frozen.cursors.items():
        assert since is None or shop.observations.end.cursors[place] is not None, place


def mail_stays_english(shop: Upgraded) -> None:
    """The café is in Portugal, but its file says no language."""
    mails = [
        email.message_from_bytes(mail.content, policy=email.policy.default)
        for mail in shop.world.mail_server.mails
    ]
    texts = [str(mail.get_body(("plain",)).get_content()) for mail in mails]  # type: ignore[union-attr]  # it has one
    assert texts
    assert all("You get this because" in text for text in texts)


FACTS = (
    the_frozen_shop_is_as_its_readme_says,
    the_migrations_change_nothing,
    nothing_is_sent_twice,
    nothing_queued_is_lost,
    what_the_dead_processes_handed_over_is_known,
    what_is_in_doubt_stays_in_doubt,
    what_awaits_approval_goes_on_waiting,
    what_was_paused_waits_for_its_owner,
    what_had_ended_stays_ended,
    each_waiting_series_takes_its_next_step_once,
    a_decision_is_taken_once,
    nothing_that_came_from_outside_appears_twice,
    balances_are_equal,
    no_no_is_lost,
    nobody_who_said_no_is_mailed,
    a_no_is_told_to_the_platform_once,
    no_cursor_is_lost,
    mail_stays_english,
)


def handed_over(shop: Upgraded, outcome: str) -> set[str]:
    """What became of the mails that were in the hands of a dead process."""
    return {
        key
        for key in shop.frozen.in_state("sending")
        if became(journals().get(key), shop.frozen.messages[key].through) == outcome
    }


def became(mark: str | None, through: str | None) -> str:
    """A journal of an earlier boot may have lost its last lines, one of this boot has not."""
    if mark is None:
        return "not yet" if through == "smtp" else "unknown"
    return {"+": "taken", "-": "not yet", ">": "unknown"}[mark]
