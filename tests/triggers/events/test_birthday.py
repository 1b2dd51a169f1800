"""`when: birthday`: on the customer's own calendar, in their time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from sqlalchemy import Engine, event
from sqlmodel import col

from shop.db.engine import write_transaction
from shop.db.timezones import zones_in_use
from shop.tables import Customer, Enrolment
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.rows import identity, statement
from tests.triggers.conftest import set_rules
from triggers import enrol
from triggers.config import Rule
from triggers.registry import trigger_of
from triggers.trigger import EvaluationWindow


def ingest_birthday(
    cafe: Cafe, name: str, birthday: str, zone: str | None = None, version: int = 1
) -> None:
    identity_row = identity(
        name, email=f"{name}@example.com", birthday=birthday, timezone=zone, version=version
    )
    cafe.arrive(identities=[identity_row], statements=[statement(name, "yes", MARCH - 400 * DAY)])


def utc(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        pytest.param(None, "2026-03-05T00:00", id="without a zone, the shop's Lisbon"),
        pytest.param("Europe/London", "2026-03-05T00:00", id="London agrees with Lisbon"),
        pytest.param("Atlantic/Azores", "2026-03-05T01:00", id="the Azores, an hour later"),
        pytest.param("America/New_York", "2026-03-05T05:00", id="New York, five hours later"),
        pytest.param("Pacific/Pago_Pago", "2026-03-05T11:00", id="the last place to begin a day"),
        pytest.param("Pacific/Kiritimati", "2026-03-04T10:00", id="the first, a day before"),
        pytest.param("Asia/Kathmandu", "2026-03-04T18:15", id="a quarter of an hour counts"),
        pytest.param("Nowhere/Land", "2026-03-05T00:00", id="a zone there is not is the shop's"),
        pytest.param("America", "2026-03-05T00:00", id="a continent is no zone"),
        pytest.param("UTC+5", "2026-03-05T00:00", id="an offset is no zone"),
        pytest.param("localtime", "2026-03-05T00:00", id="this machine's clock is nobody's"),
        pytest.param("../../etc/passwd", "2026-03-05T00:00", id="a path is no zone"),
        pytest.param("", "2026-03-05T00:00", id="nothing is no zone"),
    ],
)
def test_a_birthday_begins_on_the_customers_own_clock(
    corner: Cafe, zone: str | None, begins: str
) -> None:
    """
    rules:
      birthday: {when: birthday, in: 1 day, then: [{send: birthday}]}
    """
    begin = utc(begins)
    corner.run(begin - 5 * DAY)
    ingest_birthday(corner, "clara", "1990-03-06", zone)
    corner.run(begin - SECOND)
    assert corner.mailed_names() == []
    corner.run(begin)
    corner.run(begin + SECOND)
    corner.run(begin + DAY)
    assert corner.mailed_names() == ["clara"]


def test_0_days_ahead_is_the_birthday_itself(corner: Cafe) -> None:
    """
    rules:
      birthday: {when: birthday, in: 0 days, then: [{send: birthday}]}
    """
    corner.run(utc("2026-03-01T00:00"))
    ingest_birthday(corner, "clara", "1990-03-06")
    corner.run(utc("2026-03-05T23:59"))
    assert corner.mailed_names() == []
    corner.run(utc("2026-03-06T00:01"))
    assert corner.mailed_names() == ["clara"]


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        pytest.param(
            "Europe/Lisbon", "2026-03-29", "2026-03-29T00:00", id="Lisbon, into summer time"
        ),
        pytest.param("Europe/Lisbon", "2026-03-30", "2026-03-29T23:00", id="Lisbon, the day after"),
        pytest.param(
            "Europe/Lisbon", "2026-10-25", "2026-10-24T23:00", id="Lisbon, out of summer time"
        ),
        pytest.param(
            "Europe/Lisbon", "2026-10-26", "2026-10-26T00:00", id="Lisbon, the day after that"
        ),
        pytest.param(
            "Atlantic/Azores", "2026-03-29", "2026-03-29T01:00", id="the Azores leave midnight out"
        ),
        pytest.param(
            "America/Santiago", "2026-09-06", "2026-09-06T04:00", id="Santiago leaves midnight out"
        ),
        pytest.param(
            "America/Santiago", "2026-04-05", "2026-04-05T04:00", id="Santiago has 23:30 twice"
        ),
        pytest.param(
            "Africa/Cairo", "2026-04-24", "2026-04-23T22:00", id="Cairo leaves midnight out"
        ),
        pytest.param(
            "America/Havana", "2026-11-01", "2026-11-01T04:00", id="Havana: the first midnight"
        ),
    ],
)
def test_a_day_begins_once_when_the_clocks_change(
    corner: Cafe, zone: str, day: str, begins: str
) -> None:
    """
    rules:
      birthday: {when: birthday, in: 1 hour, then: [{send: birthday}]}
    """
    begin = utc(begins)
    corner.run(begin - 5 * DAY)
    ingest_birthday(corner, "clara", f"--{day[5:]}", zone)
    corner.run(begin - SECOND)
    assert corner.mailed_names() == []
    for delay in (0 * HOUR, SECOND, HOUR, 2 * HOUR, 23 * HOUR, 25 * HOUR, 10 * DAY):
        corner.run(begin + delay)
    assert corner.mailed_names() == ["clara"]


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        pytest.param("America/New_York", "2026-02-28T05:00", id="no 29th in 2026: the 28th"),
        pytest.param("America/New_York", "2028-02-29T05:00", id="a 29th in 2028"),
        pytest.param("Pacific/Kiritimati", "2027-02-27T10:00", id="the 28th where it begins first"),
    ],
)
def test_29_february_is_looked_up_on_the_customers_calendar(
    corner: Cafe, zone: str, begins: str
) -> None:
    """
    rules:
      birthday: {when: birthday, in: 1 hour, then: [{send: birthday}]}
    """
    begin = utc(begins)
    corner.run(begin - 5 * DAY)
    ingest_birthday(corner, "clara", "1988-02-29", zone)
    corner.run(begin - SECOND)
    assert corner.mailed_names() == []
    corner.run(begin)
    corner.run(begin + 2 * DAY)
    assert corner.mailed_names() == ["clara"]


def test_new_year_comes_once_wherever_it_comes_first(cafe: Cafe) -> None:
    """
    rules:
      birthday: {when: birthday, in: 1 hour, then: [{send: birthday}]}
    """
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    cafe.run(new_year - 5 * DAY)
    zones = {"ana": "Pacific/Kiritimati", "bruno": None, "clara": "Pacific/Pago_Pago"}
    for name, zone in zones.items():
        ingest_birthday(cafe, name, "--01-01", zone)
    for hours in range(-24, 36, 6):
        cafe.run(new_year + hours * HOUR)
    assert cafe.mailed_names() == ["ana", "bruno", "clara"]
    occasions = cafe.select_all(col(Enrolment.occasion), col(Enrolment.due_at))
    assert sorted(occasions) == [
        ("2027", new_year - 14 * HOUR), ("2027", new_year), ("2027", new_year + 11 * HOUR)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("Pacific/Kiritimati", "America/New_York", id="to where it is still yesterday"),
        pytest.param("America/New_York", "Pacific/Kiritimati", id="to where it is already over"),
        pytest.param(None, "Atlantic/Azores", id="from the shop's clock to one of her own"),
    ],
)
def test_who_moves_has_one_birthday(corner: Cafe, before: str | None, after: str) -> None:
    """
    rules:
      birthday: {when: birthday, in: 1 hour, then: [{send: birthday}]}
    """
    corner.run(MARCH - 5 * DAY)
    ingest_birthday(corner, "clara", "--03-03", before)
    corner.run(MARCH)
    assert corner.mailed_names() == ["clara"]
    ingest_birthday(corner, "clara", "--03-03", after, version=2)
    for hours in range(0, 48, 6):
        corner.run(MARCH + hours * HOUR)
    assert corner.mailed_names() == ["clara"]


def test_a_zone_told_late_makes_up_for_a_birthday_that_is_not_over(corner: Cafe) -> None:
    """
    rules:
      birthday: {when: birthday, in: 1 hour, then: [{send: birthday}]}
    """
    day_start = datetime(2026, 3, 2, 10, tzinfo=UTC)  # 3 March in Kiritimati, 2 March in Lisbon
    corner.run(day_start - 5 * DAY)
    ingest_birthday(corner, "clara", "--03-03")
    corner.run(day_start + HOUR)
    assert corner.mailed_names() == []
    ingest_birthday(corner, "clara", "--03-03", "Pacific/Kiritimati", version=2)
    corner.run(day_start + 2 * HOUR)
    assert corner.mailed_names() == ["clara"]


@pytest.mark.parametrize(
    ("words", "late", "mailed"),
    [
        pytest.param("in: 1 hour", DAY - SECOND, ["clara"], id="the last second of her day"),
        pytest.param("in: 1 hour", DAY, ["clara"], id="exactly when her day ends"),
        pytest.param("in: 1 hour", DAY + SECOND, [], id="a second after her day"),
        pytest.param("in: 3 days", 4 * DAY, ["clara"], id="told ahead, exactly when her day ends"),
        pytest.param("in: 3 days", 4 * DAY + SECOND, [], id="told ahead, a second after her day"),
        pytest.param(
            "in: 3 days, at most late: 2 hours", 2 * HOUR, ["clara"], id="exactly the owner's limit"
        ),
        pytest.param(
            "in: 3 days, at most late: 2 hours", 2 * HOUR + SECOND, [], id="a second beyond it"
        ),
    ],
)
@pytest.mark.parametrize("zone", [None, "America/New_York"])
def test_a_birthday_is_wished_to_the_end_of_the_customers_day(
    corner: Cafe, zone: str | None, words: str, late: Any, mailed: list[str]
) -> None:
    set_rules(
        corner, f"rules: {{birthday: {{when: birthday, {words}, then: [{{send: birthday}}]}}}}"
    )
    begin = utc("2026-03-05T05:00" if zone else "2026-03-05T00:00")
    corner.run(begin - 5 * DAY)
    ingest_birthday(corner, "clara", "--03-08" if "3 days" in words else "--03-05", zone)
    corner.run(begin + late)
    assert corner.mailed_names() == mailed


def test_a_zone_changes_when_a_mail_goes_and_not_what_it_says(corner: Cafe) -> None:
    """
    rules:
      birthday:
        when: birthday
        in: 3 days
        then: [{send: birthday, with: {treat: a slice of cake, valid for: 14 days}}]
    """
    corner.run(MARCH - 5 * DAY)
    ingest_birthday(corner, "ana", "1990-03-06")
    ingest_birthday(corner, "bruno", "1990-03-06", "America/New_York")
    corner.run(MARCH)
    ana, bruno = (str(mail.get_body(("plain",)).get_content()) for mail in corner.mails())  # type: ignore[union-attr]  # each has one
    assert "17 March" in ana
    assert _without_links(bruno.replace("Bruno", "Ana")) == _without_links(ana)


def _without_links(text: str) -> list[str]:
    return [line for line in text.splitlines() if "http" not in line]


def test_birthdays_are_found_by_index(sqlite: Engine) -> None:
    """The cost of a tick follows the birthdays, not the number of customers."""
    executed: list[tuple[str, Any]] = []

    @event.listens_for(sqlite, "before_cursor_execute")
    def _note(_c: Any, _cursor: Any, statement: str, bound: Any, *_more: Any) -> None:
        executed.append((statement, bound))

    rule = Rule.model_validate({"when": "birthday", "in": "3 days", "then": [{"send": "birthday"}]})
    zones = {name: ZoneInfo(name) for name in ("America/New_York", "Asia/Tokyo", "Europe/London")}
    shop_zone = ZoneInfo("Europe/Lisbon")
    window = EvaluationWindow(
        1, MARCH, MARCH - 9 * DAY, MARCH - DAY, 0 * DAY, shop_zone, zones=zones
    )
    parameters = window.statement_parameters("ours", length=0 * DAY, lateness=DAY)
    with write_transaction(sqlite) as connection:
        zones_in_use(connection)
        for candidates in trigger_of(rule).newly_due(rule, window):
            connection.execute(candidates, parameters)
        plans = [
            [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", bound)]
            for statement, bound in list(executed)
            if "FROM" in statement
        ]
    zone_steps, birthday_steps = ([step for step in plan if "customers" in step] for plan in plans)
    assert zone_steps, birthday_steps
    assert all("customers_by_zone" in step and "SEARCH" in step for step in zone_steps), zone_steps
    assert all("customers_by_birthday" in step and "SEARCH" in step for step in birthday_steps)


def test_an_hour_without_midnight_runs_no_query() -> None:
    rule = Rule.model_validate({"when": "birthday", "in": "3 days", "then": [{"send": "birthday"}]})
    zones = {"America/New_York": ZoneInfo("America/New_York")}
    shop_zone = ZoneInfo("Europe/Lisbon")
    window = EvaluationWindow(
        1, MARCH, MARCH - 9 * DAY, MARCH - HOUR, 0 * DAY, shop_zone, zones=zones
    )
    assert trigger_of(rule).newly_due(rule, window) == []


def test_every_zone_of_the_world_after_a_year_without_a_run(corner: Cafe) -> None:
    """
    rules:
      birthday: {when: birthday, in: 1 hour, then: [{send: birthday}]}
    """
    corner.run(MARCH - 401 * DAY)
    corner.arrive(
        identities=[
            identity(f"c{n}", email=f"c{n}@example.com", birthday="--03-03", timezone=zone)
            for n, zone in enumerate(sorted(available_timezones()))
        ]
    )
    corner.run(MARCH)
    customer_ids = corner.select_all(col(Customer.id))
    assert len(customer_ids) > 500
    assert set(corner.select_all(col(Enrolment.customer_id))) == set(customer_ids)


def test_few_statements_are_built_however_many_days_pass(
    corner: Cafe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Days, clocks and `in` are parameters; only how many there are is part of the statement."""
    build, built = enrol._enrol_statement, []

    def build_noted(rule: Rule, window: EvaluationWindow, currency: str) -> Any:
        built.append(window.now)
        return build(rule, window, currency)

    monkeypatch.setattr(enrol, "_enrol_statement", build_noted)
    enrol._cached_statement.cache_clear()
    birthday_rule = "rules:\n  birthday: {when: birthday, in: 3 days, then: [{send: birthday}]}"
    set_rules(corner, birthday_rule)
    corner.run(MARCH)
    ingest_birthday(corner, "ana", "1990-03-10", "America/New_York")
    ingest_birthday(corner, "bruno", "1990-03-27")
    for day in range(1, 20):
        corner.run(MARCH + day * DAY)
    assert corner.mailed_names() == ["ana"]
    set_rules(corner, birthday_rule.replace("3 days", "4 days"))
    corner.run(MARCH + 20 * DAY)
    assert corner.mailed_names() == ["ana", "bruno"]
    assert len(built) <= 5  # the clocks of New York change in between
