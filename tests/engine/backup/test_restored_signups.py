"""Those who signed up at a shop that was restored from a backup: nobody is written to twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlmodel import col

from engine.backup.activate_copy import this_is_the_one
from engine.open.detect_copy import recognise
from engine.signup.confirmation import send_confirmations
from shop.db.engine import writing
from shop.tables import SignUp
from tests.cafe import HOUR, MARCH, SECOND, Cafe
from tests.engine.backup.shop_copies import LIVE, restored, sent, with_office
from tests.engine.delivery.test_deliver import dead_worker
from tests.pages.public.signup_visitors import Till


@pytest.fixture
def till(sqlite: Engine, tmp_path: Path) -> Till:
    """Of the café, live."""
    cafe = with_office(Cafe(sqlite, tmp_path, f"{LIVE}\n    sign up: {{}}\n"))
    recognise(cafe.engine, reaches_people=True, now=MARCH)
    return Till(cafe)


def stands(cafe: Cafe) -> list[tuple[str, str]]:
    return cafe.all(col(SignUp.state), col(SignUp.reason))


def test_who_waited_at_the_backup_may_have_got_theirs(till: Till, tmp_path: Path) -> None:
    till.asks()
    lost = restored(till.cafe, tmp_path)
    till.writes()
    assert sent(till.cafe) == ["clara"]
    new = lost()
    assert send_confirmations(new.shop, now=MARCH + SECOND) == 0
    this_is_the_one(new.shop, now=MARCH + HOUR, catch_up=False)
    assert send_confirmations(new.shop, now=MARCH + HOUR) == 0
    assert stands(new) == [("skipped", "too late: it may have gone from elsewhere")]
    again = Till(new)
    again.asks()
    assert again.writes() == 1


def test_who_waited_gets_theirs_where_the_owner_says_so(till: Till, tmp_path: Path) -> None:
    till.asks()
    new = restored(till.cafe, tmp_path)()
    this_is_the_one(new.shop, now=MARCH + HOUR, catch_up=True)
    assert send_confirmations(new.shop, now=MARCH + HOUR) == 1
    assert sent(new) == ["clara"]


@pytest.mark.parametrize("catch_up", [True, False])
def test_who_was_being_written_to_at_the_backup_is_in_doubt(
    till: Till, tmp_path: Path, *, catch_up: bool
) -> None:
    till.asks()
    cut = {"state": "sending", "claimed_by": f"1@{dead_worker()}", "through": "smtp"}
    with writing(till.cafe.engine) as connection:
        connection.execute(update(SignUp).values(**cut))
    new = restored(till.cafe, tmp_path)()
    this_is_the_one(new.shop, now=MARCH + HOUR, catch_up=catch_up)
    assert send_confirmations(new.shop, now=MARCH + HOUR) == 0
    assert sent(new) == []
    assert [state for state, _ in stands(new)] == ["in doubt"]
