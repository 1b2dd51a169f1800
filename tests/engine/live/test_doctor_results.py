"""Live marketing waits for a doctor who found nothing wrong, and not too long ago."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from engine.live.doctor_results import GOOD_FOR, LONG_AGO, NEVER, OTHERWISE, keep, may_go_live
from engine.live.finding import About, Finding, Kind
from tests.cafe import DAY, MARCH, SECOND, Cafe

LIVE = """
    shop: {name: Corner Café, country: PT, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12,
           public address: https://mail.cornercafe.example}
    sending:
      through: smtp
      smtp: {server: smtp.cornercafe.example}
      from: Ana <ana@cornercafe.example>
"""
FINE = Finding(About.DOMAIN, Kind.OK, "Your domain says who mails for it.")
SO_SO = Finding(About.DOMAIN, Kind.WARNING, "Your domain asks for no reports.", "Ask for them.")
BAD = Finding(About.ADDRESS, Kind.WRONG, "https://mail.cornercafe.example does not answer.", "Go.")


def live(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = LIVE
    return test


def examined(cafe: Cafe, *findings: Finding) -> None:
    keep(cafe.shop, findings, now=MARCH)


def changed(cafe: Cafe, old: str, new: str) -> None:
    text = cafe.path.read_text()
    assert old in text
    cafe.reread(text.replace(old, new))


@live
def test_nothing_goes_live_that_was_never_looked_at(cafe: Cafe) -> None:
    assert may_go_live(cafe.shop, MARCH) == NEVER


@live
def test_what_was_found_well_may_go_for_thirty_days(cafe: Cafe) -> None:
    examined(cafe, FINE, SO_SO)
    assert may_go_live(cafe.shop, MARCH) is None
    assert may_go_live(cafe.shop, MARCH + GOOD_FOR) is None
    assert may_go_live(cafe.shop, MARCH + GOOD_FOR + SECOND) == LONG_AGO
    assert may_go_live(cafe.shop, MARCH - DAY) is None


@live
def test_what_was_wrong_has_to_be_mended_and_looked_at_again(cafe: Cafe) -> None:
    examined(cafe, FINE, BAD)
    said = may_go_live(cafe.shop, MARCH)
    assert said
    assert BAD.what in said
    examined(cafe, FINE)
    assert may_go_live(cafe.shop, MARCH) is None
    examined(cafe, BAD, BAD)
    assert "2 things were still wrong" in str(may_go_live(cafe.shop, MARCH))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<ana@cornercafe.example>", "<bruno@cornercafe.example>"),
        ("https://mail.", "https://post."),
        ("reply to: ana@", "reply to: clara@"),
        ("server: smtp.", "server: mx."),
    ],
)
@live
def test_other_settings_have_to_be_looked_at_again(cafe: Cafe, old: str, new: str) -> None:
    examined(cafe, FINE)
    changed(cafe, old, new)
    assert may_go_live(cafe.shop, MARCH) == OTHERWISE
    changed(cafe, new, old)
    assert may_go_live(cafe.shop, MARCH) is None


@live
def test_what_has_nothing_to_do_with_arriving_may_change(cafe: Cafe) -> None:
    examined(cafe, FINE)
    changed(cafe, "name: Corner Café", "name: The Corner Café")
    changed(cafe, "from: Ana <", "quiet hours: 21:00 to 08:00\n  from: Ana of the café <")
    assert may_go_live(cafe.shop, MARCH) is None


@live
def test_a_look_while_mail_goes_to_ana_alone_is_good_for_going_live(cafe: Cafe) -> None:
    changed(cafe, "from: Ana", "only to: [ana@cornercafe.example]\n  from: Ana")
    assert may_go_live(cafe.shop, MARCH) is None
    examined(cafe, FINE)
    changed(cafe, "only to: [ana@cornercafe.example]\n", "\n")
    assert may_go_live(cafe.shop, MARCH) is None


@pytest.mark.parametrize(
    "other",
    [
        ("through: smtp", "through: outbox"),
        ("server: smtp.cornercafe.example", "server: 127.0.0.1"),
        ("server: smtp.cornercafe.example", "server: localhost"),
    ],
)
@live
def test_nothing_is_asked_where_mail_reaches_nobody(cafe: Cafe, other: Sequence[str]) -> None:
    changed(cafe, *other)
    assert may_go_live(cafe.shop, MARCH) is None
    examined(cafe, BAD)
    assert may_go_live(cafe.shop, MARCH) is None
