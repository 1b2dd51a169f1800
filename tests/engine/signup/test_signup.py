"""Opt-ins by sign-up: whose they are, what they lift and what they leave unchanged."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import col

from mail.message.signed_links import sign_up_token, unsubscribe_token
from regulars.terminal.profile import profile_lines
from shop.consent.signups import delete_unconfirmed
from shop.consent.suppressions import SuppressionReason, suppress_address
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Basis, BasisStatement, ChangeMarker, Customer, Identity, SignUp
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.pages.public.signup_visitors import CLARA, SIGN_UP, WELCOME, SignUpPages
from tests.pages.visitors import visible_text
from tests.rows import identity, statement

SENTENCE = (
    "Corner Café may write to me: news, offers and reminders by e-mail. "
    "I can leave at any time, with the link at the end of every mail."
)


@pytest.fixture
def till(cafe: Cafe) -> SignUpPages:
    """On both databases."""
    cafe.reread(SIGN_UP + WELCOME)
    return SignUpPages(cafe)


@pytest.fixture
def quick(sqlite: Engine, tmp_path: Path) -> SignUpPages:
    return SignUpPages(Cafe(sqlite, tmp_path, SIGN_UP + WELCOME))


def test_a_new_person_signs_up_confirms_and_is_welcomed(till: SignUpPages) -> None:
    till.cafe.run()
    till.submit(first_name="Clara", day="21", month="9")
    assert till.send_confirmations() == 1
    shown_page = till.visit("GET", till.link())
    assert "First name: Clara Birthday: 21 September" in visible_text(shown_page.text)
    assert till.basis() == []  # link scanners send GET requests
    confirmed_page = till.visit("POST", till.link())
    assert "you are on the list of Corner Café" in visible_text(confirmed_page.text)
    assert till.cafe.select_all(
        col(Customer.email), col(Customer.first_name), col(Customer.birthday)
    ) == [(CLARA, "Clara", "--09-21")]
    assert till.cafe.counts(MARCH + HOUR) == {"rehearsed": 1}
    assert till.cafe.mailed_names() == ["clara", "clara"]


def test_the_opt_in_is_stored_with_its_evidence(till: SignUpPages) -> None:
    till.clock.now = MARCH + HOUR
    till.submit()
    till.send_confirmations()
    till.clock.now = MARCH + 2 * HOUR
    till.visit("POST", till.link())
    [mail] = till.cafe.select_all(col(SignUp.id))
    columns = ("says", "said_at", "evidence", "wording", "actor", "source")
    [statement_row] = till.cafe.select_all(
        *(col(getattr(BasisStatement, name)) for name in columns)
    )
    assert statement_row == (
        "yes",
        MARCH + 2 * HOUR,  # the time of the confirmation
        f"double opt-in: asked on 3 March 2026, 11:00, confirmed from mail {mail}",
        SENTENCE,
        "the customer",
        "sign-up",
    )


def test_the_owner_sees_the_evidence(quick: SignUpPages) -> None:
    from engine.explain.profile import load_profile

    quick.sign_up()
    with read_transaction(quick.cafe.engine) as connection:
        profile = load_profile(connection, quick.cafe.shop.config, CLARA, now=MARCH)
    shown = "\n".join(profile_lines(profile, quick.cafe.shop.config))
    assert "yes: said on 3 March 2026, 10:00: double opt-in" in shown
    assert "“Corner Café may write to me" in shown


def test_an_existing_customer_of_the_address_gets_the_opt_in(till: SignUpPages) -> None:
    till.cafe.customer("clara", says=None)
    till.cafe.visits("clara", MARCH - 50 * DAY)
    till.sign_up("Clara@example.com")
    assert len(till.cafe.select_all(model=Customer)) == 1
    assert sorted(till.cafe.select_all(col(Identity.source))) == ["online-shop", "sign-up"]
    assert till.basis() == ["yes"]


def test_customers_with_one_phone_number_are_not_merged(quick: SignUpPages) -> None:
    quick.cafe.arrive(identities=[identity("ana", email="ana@example.com", phone="+351912345678")])
    quick.sign_up()
    assert len(quick.cafe.select_all(model=Customer)) == 2


def test_a_newer_opt_in_lifts_an_older_opt_out(till: SignUpPages) -> None:
    till.cafe.customer("clara", says="no")
    assert till.basis() == ["no"]
    till.sign_up()
    assert till.basis() == ["yes"]


def test_confirming_twice_records_one_opt_in(till: SignUpPages) -> None:
    till.sign_up()
    till.clock.now = MARCH + HOUR
    second_page = till.visit("POST", till.link())
    assert "you are on the list" in visible_text(second_page.text)
    assert len(till.cafe.select_all(model=BasisStatement)) == 1


def test_an_old_link_does_not_lift_a_later_opt_out(till: SignUpPages) -> None:
    till.sign_up()
    [customer] = till.cafe.select_all(col(Customer.id))
    till.clock.now = MARCH + HOUR
    token = unsubscribe_token(till.cafe.shop.secret, customer, "3f9c21ab")
    assert till.visit("POST", f"/u/{token}").status_code == 200
    till.clock.now = MARCH + 2 * HOUR
    assert till.visit("POST", till.link()).status_code == 404
    assert till.visit("GET", till.link()).status_code == 404
    assert till.basis() == ["no"]
    till.clock.now = MARCH + 2 * DAY
    till.submit()
    till.send_confirmations()
    till.visit("POST", newest_link(till))
    assert till.basis() == ["yes"]


def newest_link(till: SignUpPages) -> str:
    _, newest = max(till.cafe.select_all(col(SignUp.asked_at), col(SignUp.id)))
    return f"/join/{sign_up_token(till.cafe.shop.secret, newest)}"


def test_a_second_link_requested_before_the_opt_out_does_not_lift_it(till: SignUpPages) -> None:
    till.submit()
    till.send_confirmations()
    first = till.link()
    till.clock.now = MARCH + DAY + HOUR
    till.submit()
    till.send_confirmations()
    second = newest_link(till)
    till.visit("POST", first)
    [customer] = till.cafe.select_all(col(Customer.id))
    till.clock.now += HOUR
    token = unsubscribe_token(till.cafe.shop.secret, customer, "3f9c21ab")
    assert till.visit("POST", f"/u/{token}").status_code == 200
    till.clock.now += HOUR
    for link in (first, second):
        assert till.visit("GET", link).status_code == 404
        assert till.visit("POST", link).status_code == 404
    assert till.basis() == ["no"]


@pytest.mark.parametrize(("minutes", "status", "basis"), [(-1, 200, "yes"), (1, 404, "no")])
def test_an_opt_out_at_another_source_counts_from_its_date(
    till: SignUpPages, minutes: int, status: int, basis: str
) -> None:
    till.cafe.customer("clara")
    till.submit("Clara@example.com")
    till.send_confirmations()
    till.cafe.record_consent("clara", "no", MARCH + timedelta(minutes=minutes))
    till.clock.now = MARCH + HOUR
    assert till.visit("POST", newest_link(till)).status_code == status
    assert till.basis() == [basis]


def test_another_customers_opt_out_does_not_block(quick: SignUpPages) -> None:
    quick.cafe.customer("ana")
    quick.submit()
    quick.send_confirmations()
    quick.cafe.record_consent("ana", "no", MARCH + SECOND)
    quick.clock.now = MARCH + HOUR
    assert quick.visit("POST", quick.link()).status_code == 200
    assert sorted(quick.basis()) == ["no", "yes"]


def test_a_complaint_outweighs_an_opt_in(quick: SignUpPages) -> None:
    quick.submit()
    quick.send_confirmations()
    with write_transaction(quick.cafe.engine) as connection:
        suppress_address(connection, CLARA, SuppressionReason.COMPLAINT, None, now=MARCH)
    quick.cafe.run()
    quick.visit("POST", quick.link())
    assert quick.cafe.counts(MARCH + HOUR) == {"skipped": 1}
    assert quick.cafe.mailed_names() == ["clara"]  # the confirmation mail


def test_the_link_is_valid_for_seven_days(quick: SignUpPages) -> None:
    quick.submit()
    quick.send_confirmations()
    quick.clock.now = MARCH + timedelta(days=7) - SECOND
    assert quick.visit("GET", quick.link()).status_code == 200
    quick.clock.now += SECOND
    assert quick.visit("GET", quick.link()).status_code == 404
    assert quick.visit("POST", quick.link()).status_code == 404
    assert quick.basis() == []


def test_only_this_token_confirms_and_it_does_nothing_else(quick: SignUpPages) -> None:
    quick.submit()
    quick.send_confirmations()
    [sign_up] = quick.cafe.select_all(col(SignUp.id))
    token = quick.link().rpartition("/")[2]
    foreign = [
        sign_up_token("the secret of another shop", sign_up),
        unsubscribe_token(quick.cafe.shop.secret, 1, sign_up),
        sign_up_token(quick.cafe.shop.secret, "0" * 32),
        sign_up_token(quick.cafe.shop.secret, ""),
        f"{token}x",
        token[:-1],
        "x" * 5_000,
        "%00",
        sign_up,
    ]
    for other_token in foreign:
        assert quick.visit("POST", f"/join/{other_token}").status_code == 404
    assert quick.visit("POST", f"/u/{token}").status_code == 404
    assert quick.basis() == []


def test_guessing_links_is_rate_limited(quick: SignUpPages) -> None:
    statuses = [quick.visit("GET", f"/join/1.x.{number}").status_code for number in range(21)]
    assert statuses == [404] * 20 + [429]


def test_unconfirmed_sign_ups_are_deleted_after_thirty_days(till: SignUpPages) -> None:
    till.sign_up("ana@example.com")
    till.submit()
    with write_transaction(till.cafe.engine) as connection:
        assert delete_unconfirmed(connection, now=MARCH + 30 * DAY) == 0
        assert delete_unconfirmed(connection, now=MARCH + 30 * DAY + SECOND) == 1
    assert till.cafe.select_all(col(SignUp.address)) == ["ana@example.com"]


def test_an_undated_platform_flag_does_not_revoke_the_opt_in(
    quick: SignUpPages,
) -> None:
    quick.sign_up()
    quick.cafe.arrive(
        identities=[identity("clara", email=CLARA)],
        statements=[statement("clara", "none", MARCH + DAY)],
    )
    assert quick.basis() == ["yes"]


def test_an_opt_in_marks_the_customer_as_changed(quick: SignUpPages) -> None:
    quick.sign_up()
    assert quick.cafe.select_all(col(ChangeMarker.customer_id)) == quick.cafe.select_all(
        col(Basis.customer_id)
    )


@pytest.mark.parametrize(
    ("config_text", "sentence"),
    [
        ("sign up: {}\nshop: {name: Corner Café}", "write public address: under shop:"),
        ("sign up: {ask for: [age]}", "age"),
        (f"sign up: {{says: {'word ' * 201}}}", "too long: write at most 1000 characters"),
        (
            "sign up: {}\nsources: {sign-up: {from: csv, holds: answers, file: a.csv}}",
            "Give your source another.",
        ),
    ],
)
def test_invalid_sign_up_settings_are_refused(
    sqlite: Engine, tmp_path: Path, config_text: str, sentence: str
) -> None:
    from settings.yaml.error_report import ConfigError

    with pytest.raises(ConfigError, match=sentence):
        Cafe(sqlite, tmp_path, config_text)
