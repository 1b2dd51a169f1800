"""The counters of rules always equal a full count, whatever changes the rows."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select, update
from sqlmodel import col

from engine.message_states import State
from engine.owner.pause import cancel_rule
from shop.db.engine import read_transaction, write_transaction
from shop.rule_counts import classes
from shop.rule_counts.days import day_quarter, sum_past_days
from shop.rule_counts.install import fold_counters, install_counters, recount
from shop.tables import Enrolment, Message, RuleCount, Task
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.shop.rule_counts.recount import counters, recounted

PEOPLE = ("ana", "bruno", "clara", "duarte", "eva")


def test_the_classes_name_the_states_of_messages() -> None:
    named = {*classes.UNSETTLED_STATES, *classes.REASONED_STATES}
    assert named <= {state.value for state in State}


def fill(cafe: Cafe) -> None:
    for name in PEOPLE:
        cafe.customer(name, says=None if name == "eva" else "yes")
        cafe.visits(name, MARCH - 12 * DAY)
    cafe.run(MARCH - 11 * DAY)
    cafe.run()
    assert len(cafe.mails()) == len(PEOPLE) - 1


SERIES = """
rules:
  we-miss-you:
    when: no visit
    for: 10 days
    then:
      - send: we-miss-you
      - wait: 2 days
      - task: Call them
      - send: welcome
    stop when: visit
"""


def test_counters_follow_a_series_from_its_begin_to_its_end(cafe: Cafe) -> None:
    cafe.reread(SERIES)
    fill(cafe)
    assert counters(cafe.engine) == recounted(cafe.engine) != {}
    cafe.run(MARCH + 2 * DAY)
    cafe.visits("clara", MARCH + 3 * DAY)
    cafe.run(MARCH + 4 * DAY)
    assert counters(cafe.engine) == recounted(cafe.engine)


def test_counters_follow_merges_edits_and_cancellations(cafe: Cafe) -> None:
    cafe.reread(SERIES)
    fill(cafe)
    cafe.reread(SERIES.replace("wait: 2 days", "wait: 5 days").replace("- task: Call them\n", "\n"))
    cafe.run(MARCH + 3 * DAY)
    assert counters(cafe.engine) == recounted(cafe.engine)
    cancel_rule(cafe.shop, "we-miss-you", now=MARCH + 4 * DAY)
    assert counters(cafe.engine) == recounted(cafe.engine)
    with write_transaction(cafe.engine) as connection:
        connection.execute(delete(Task))
        connection.execute(delete(Message))
        connection.execute(delete(Enrolment).where(col(Enrolment.customer_id) == 1))
    assert counters(cafe.engine) == recounted(cafe.engine)


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(list(State)),
        st.sampled_from([None, "capped", "refused: 550 no", "a: b: c", ":"]),
        st.one_of(st.none(), st.integers(0, 10_000)),
        st.sampled_from(["", "done", "stop when: visit"]),
    ),
    max_size=6,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_any_update_leaves_the_counters_equal_to_a_recount(
    cafe: Cafe, changes: list[tuple[State, str | None, int | None, str]]
) -> None:
    if not counters(cafe.engine):
        cafe.reread(SERIES)
        fill(cafe)
    for state, reason, minutes, ended in changes:
        with write_transaction(cafe.engine) as connection:
            settled = None if minutes is None else MARCH + timedelta(minutes=minutes)
            message = update(Message).where(col(Message.customer_id) % 2 == (minutes or 0) % 2)
            connection.execute(message.values(state=state, reason=reason, settled_at=settled))
            connection.execute(
                update(Enrolment)
                .where(col(Enrolment.customer_id) == (minutes or 0) % 5 + 1)
                .values(ended=ended or None, next_at=None if ended else settled)
            )
            fold_counters(connection)
    assert counters(cafe.engine) == recounted(cafe.engine)


def test_a_database_without_the_triggers_gets_them_and_is_counted(cafe: Cafe) -> None:
    cafe.reread(SERIES)
    on_table = " ON enrolments" if cafe.engine.dialect.name == "postgresql" else ""
    with write_transaction(cafe.engine) as connection:
        connection.exec_driver_sql(f"DROP TRIGGER rule_counts_of_inserted_enrolments{on_table}")
    fill(cafe)
    assert counters(cafe.engine) != recounted(cafe.engine)
    with write_transaction(cafe.engine) as connection:
        install_counters(connection)
    assert counters(cafe.engine) == recounted(cafe.engine)


def test_folding_changes_no_number(engine: Engine, cafe: Cafe) -> None:
    cafe.reread(SERIES)
    fill(cafe)
    before = counters(engine)
    with write_transaction(engine) as connection:
        fold_counters(connection)
    assert counters(engine) == before
    with write_transaction(engine) as connection:
        recount(connection)
    assert counters(engine) == before


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_writers_of_the_same_rule_do_not_wait_for_each_other(engine: Engine, cafe: Cafe) -> None:
    cafe.reread(SERIES)
    fill(cafe)
    change = update(Enrolment).values(ended="done")
    with write_transaction(engine) as first, write_transaction(engine) as second:
        second.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
        first.execute(change.where(col(Enrolment.id) == 1))
        second.execute(change.where(col(Enrolment.id) == 2))
    assert counters(engine) == recounted(engine)


def test_past_days_are_added_up_without_changing_the_sum_of_a_day(cafe: Cafe) -> None:
    # Clocks change on this day: it has 92 quarters.
    cafe.reread(SERIES)
    fill(cafe)
    zone = cafe.shop.config.shop.zone
    midnight = datetime(2026, 3, 29, tzinfo=zone)
    moments = [midnight, midnight + HOUR, datetime(2026, 3, 29, 23, 59, tzinfo=zone)]
    later = datetime(2026, 3, 31, 9, tzinfo=zone)
    with write_transaction(cafe.engine) as connection:
        for customer, moment in enumerate(moments, start=1):
            of_customer = update(Message).where(col(Message.customer_id) == customer)
            connection.execute(of_customer.values(state="sent", settled_at=moment))
        sum_past_days(connection, zone, later)
    day = day_quarter(midnight.date(), zone)
    assert sent_in(cafe.engine) == {day: 3}
    with write_transaction(cafe.engine) as connection:
        connection.execute(
            update(Message).where(col(Message.customer_id) == 2).values(state="bounced")
        )
        sum_past_days(connection, zone, later)
    assert sent_in(cafe.engine) == {day: 2}


def sent_in(engine: Engine) -> dict[int, int]:
    """The mails sent since 20 March, by quarter."""
    since = day_quarter(date(2026, 3, 20), ZoneInfo("UTC"))
    sums: Counter[int] = Counter()
    with read_transaction(engine) as connection:
        for row in connection.execute(select(RuleCount)):
            if row.quarter > since and row.state == "sent":
                sums[row.quarter] += row.number
    return {quarter: number for quarter, number in sums.items() if number}
