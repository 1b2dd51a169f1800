"""Sign-ups in a restored shop get no second confirmation mail."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlmodel import col

from engine.backup.activate_copy import activate_copy
from engine.open.detect_copy import detect_copy
from engine.signup.confirmation import send_confirmations
from shop.db.engine import write_transaction
from shop.tables import SignUp
from tests.cafe import HOUR, MARCH, SECOND, Cafe
from tests.engine.backup.shop_copies import LIVE, backup_to_restore, sent_names, with_office
from tests.engine.delivery.test_deliver import dead_worker
from tests.pages.public.signup_visitors import SignUpPages


@pytest.fixture
def till(sqlite: Engine, tmp_path: Path) -> SignUpPages:
    """The live café."""
    cafe = with_office(Cafe(sqlite, tmp_path, f"{LIVE}\n    sign up: {{}}\n"))
    detect_copy(cafe.engine, reaches_people=True, now=MARCH)
    return SignUpPages(cafe)


def sign_up_states(cafe: Cafe) -> list[tuple[str, str]]:
    return cafe.select_all(col(SignUp.state), col(SignUp.reason))


def test_sign_ups_waiting_at_the_backup_are_dropped(till: SignUpPages, tmp_path: Path) -> None:
    till.submit()
    restore_later = backup_to_restore(till.cafe, tmp_path)
    till.send_confirmations()
    assert sent_names(till.cafe) == ["clara"]
    restored_cafe = restore_later()
    assert send_confirmations(restored_cafe.shop, now=MARCH + SECOND) == 0
    activate_copy(restored_cafe.shop, now=MARCH + HOUR, catch_up=False)
    assert send_confirmations(restored_cafe.shop, now=MARCH + HOUR) == 0
    assert sign_up_states(restored_cafe) == [
        ("skipped", "too late: it may have gone from elsewhere")
    ]
    second_till = SignUpPages(restored_cafe)
    second_till.submit()
    assert second_till.send_confirmations() == 1


def test_sign_ups_waiting_at_the_backup_are_mailed_on_request(
    till: SignUpPages, tmp_path: Path
) -> None:
    till.submit()
    restored_cafe = backup_to_restore(till.cafe, tmp_path)()
    activate_copy(restored_cafe.shop, now=MARCH + HOUR, catch_up=True)
    assert send_confirmations(restored_cafe.shop, now=MARCH + HOUR) == 1
    assert sent_names(restored_cafe) == ["clara"]


@pytest.mark.parametrize("catch_up", [True, False])
def test_a_confirmation_being_sent_at_the_backup_is_in_doubt(
    till: SignUpPages, tmp_path: Path, *, catch_up: bool
) -> None:
    till.submit()
    fields = {"state": "sending", "claimed_by": f"1@{dead_worker()}", "through": "smtp"}
    with write_transaction(till.cafe.engine) as connection:
        connection.execute(update(SignUp).values(**fields))
    restored_cafe = backup_to_restore(till.cafe, tmp_path)()
    activate_copy(restored_cafe.shop, now=MARCH + HOUR, catch_up=catch_up)
    assert send_confirmations(restored_cafe.shop, now=MARCH + HOUR) == 0
    assert sent_names(restored_cafe) == []
    assert [state for state, _ in sign_up_states(restored_cafe)] == ["in doubt"]
