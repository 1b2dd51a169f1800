"""The mails of the rules, as a receiver would look at them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.config.owner_config import renderer_beside
from engine.doctor.rendered_mails import check_rendered_mails, count_words, find_links, link_error
from engine.live.finding import Finding
from tests.cafe import MARCH, Cafe
from tests.engine.doctor.world import error_messages, warning_messages

RULES = """
    rules:
      welcome:
        when: subscribed
        then: [{send: welcome}, {wait: 1 day}, {send: first-visit-treat, with: {treat: a croissant, valid for: 14 days}}]
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
"""  # noqa: E501  # as an owner writes it
OWN = """{%% extends "layout.html" %%}
{%% block subject %%}Hello{%% endblock %%}
{%% block content %%}<p>A word from us.</p>%s{%% endblock %%}
"""


def rules(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = RULES
    return test


def check(cafe: Cafe, content: str | None = None) -> list[Finding]:
    """With another welcome, where one is given."""
    if content is not None:
        folder = cafe.path.parent / "templates"
        folder.mkdir(exist_ok=True)
        (folder / "welcome.html").write_text(OWN % content)
        cafe.shop = replace(cafe.shop, renderer=renderer_beside(cafe.path))
    return check_rendered_mails(cafe.shop, now=MARCH)


@rules
def test_our_own_mails_are_well(cafe: Cafe) -> None:
    [finding] = check(cafe)
    assert finding.message.startswith("All 3 mails are well")


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("http://cornercafe.com/menu", "is not https"),
        ("https://example.com/menu", "only an example"),
        ("https://192.168.1.7/menu", "your own network"),
        ("http://localhost:8000", "your own network"),
        ("#", "leads nowhere"),
        ("", "leads nowhere"),
        ("menu.html", "leads nowhere"),
        ("https://[", "leads nowhere"),
        ("mailto:", "leads nowhere"),
        ("https://cornercafe.com/TODO", "not finished"),
        ("https://your-shop.com", "not finished"),
    ],
)
@rules
def test_a_link_that_leads_nowhere_good_is_wrong(cafe: Cafe, link: str, expected: str) -> None:
    [message] = error_messages(check(cafe, f'<p><a href="{link}">Menu</a></p>'))
    assert expected in message
    assert "welcome (rule welcome)" in message


@rules
def test_links_that_lead_somewhere_are_well(cafe: Cafe) -> None:
    good = '<p><a href="https://cornercafe.com/menu">Menu</a> <a href="tel:+351210000000">Call</a>'
    picture = '<img src="https://cornercafe.com/cake.jpg" alt="Cake"></p>'
    assert error_messages(check(cafe, good + picture)) == []
    assert (
        "is not https" in error_messages(check(cafe, '<img src="http://cornercafe.com/x.jpg">'))[0]
    )


@rules
def test_ninety_words_are_read_and_one_more_is_remarked(cafe: Cafe) -> None:
    signed = 9  # what the layout puts beneath
    assert warning_messages(check(cafe, f"<p>{'word ' * (86 - signed)}</p>")) == []
    assert "words" in warning_messages(check(cafe, f"<p>{'word ' * 90}</p>"))[0]
    assert count_words("It's 3.50 € at https://cornercafe.com/a-b, e-mail: ana") == 5


@rules
def test_a_mail_that_gmail_would_cut_off_is_wrong(cafe: Cafe) -> None:
    messages = error_messages(check(cafe, f"<p>{'word ' * 25_000}</p>"))
    assert "larger than 64 kB" in messages[0]


def test_a_shop_without_rules_has_nothing_to_look_at(cafe: Cafe) -> None:
    [finding] = check(cafe)
    assert (finding.kind, finding.message) == ("ok", "No rule sends a mail.")


def test_links_are_read_as_a_mail_program_reads_them() -> None:
    html = """<A HREF='https://a.pt/?a=1&amp;b=2'>x</a><img alt="y" src=https://b.pt/y.png>
    <!-- <a href="https://c.pt"> --><a name="here"></a><area href=" https://d.pt ">"""
    assert find_links(html) == ["https://a.pt/?a=1&b=2", "https://b.pt/y.png", "https://d.pt"]
    assert link_error("https://a.pt/?a=1&b=2") is None
