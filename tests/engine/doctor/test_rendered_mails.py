"""The doctor's checks of the rendered mails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.config.owner_config import load_owner_config, renderer_beside
from engine.doctor.rendered_mails import check_rendered_mails, count_words, find_links, link_error
from engine.live.finding import Finding
from tests.cafe import MARCH, Cafe
from tests.engine.doctor.healthy_domain import error_messages, warning_messages
from tests.settings.brand.pictures import png

RULES = """
    rules:
      welcome:
        when: subscribed
        then:
          - send: welcome
          - wait: 1 day
          - send: first-visit-treat
            with: {treat: a croissant, valid for: 14 days}
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}]
"""
OWN = """{%% extends "layout.html" %%}
{%% block subject %%}Hello{%% endblock %%}
{%% block content %%}<p>A word from us.</p>%s{%% endblock %%}
"""


def rules(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = RULES
    return test


def check(cafe: Cafe, content: str | None = None) -> list[Finding]:
    """Check the rules' mails, with `content` as the welcome mail where it is given."""
    if content is not None:
        folder = cafe.path.parent / "templates"
        folder.mkdir(exist_ok=True)
        (folder / "welcome.html").write_text(OWN % content)
        cafe.shop = replace(cafe.shop, renderer=renderer_beside(cafe.path))
    return check_rendered_mails(cafe.shop, now=MARCH)


@rules
def test_the_built_in_templates_pass(cafe: Cafe) -> None:
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
def test_bad_links_are_errors(cafe: Cafe, link: str, expected: str) -> None:
    [message] = error_messages(check(cafe, f'<p><a href="{link}">Menu</a></p>'))
    assert expected in message
    assert "welcome (rule welcome)" in message


@rules
def test_good_links_pass(cafe: Cafe) -> None:
    good = '<p><a href="https://cornercafe.com/menu">Menu</a> <a href="tel:+351210000000">Call</a>'
    picture = '<img src="https://cornercafe.com/cake.jpg" alt="Cake"></p>'
    assert error_messages(check(cafe, good + picture)) == []
    assert (
        "is not https" in error_messages(check(cafe, '<img src="http://cornercafe.com/x.jpg">'))[0]
    )


@rules
def test_more_than_ninety_words_are_a_warning(cafe: Cafe) -> None:
    signed = 9  # words that the layout adds
    assert warning_messages(check(cafe, f"<p>{'word ' * (86 - signed)}</p>")) == []
    assert "words" in warning_messages(check(cafe, f"<p>{'word ' * 90}</p>"))[0]
    assert count_words("It's 3.50 € at https://cornercafe.com/a-b, e-mail: ana") == 5


@rules
def test_a_mail_that_gmail_would_clip_is_an_error(cafe: Cafe) -> None:
    messages = error_messages(check(cafe, f"<p>{'word ' * 25_000}</p>"))
    assert "larger than 64 kB" in messages[0]


def test_a_shop_without_rules_passes(cafe: Cafe) -> None:
    [finding] = check(cafe)
    assert (finding.kind, finding.message) == ("ok", "No rule sends a mail.")


def test_links_are_extracted_from_html() -> None:
    html = """<A HREF='https://a.pt/?a=1&amp;b=2'>x</a><img alt="y" src=https://b.pt/y.png>
    <!-- <a href="https://c.pt"> --><a name="here"></a><area href=" https://d.pt ">"""
    assert find_links(html) == ["https://a.pt/?a=1&b=2", "https://b.pt/y.png", "https://d.pt"]
    assert link_error("https://a.pt/?a=1&b=2") is None


def brand(cafe: Cafe, lines: str) -> None:
    (cafe.path.parent / "logo.png").write_bytes(png(60, 60))
    cafe.path.write_text(f"{cafe.path.read_text()}\nbrand:\n{lines}")
    config = load_owner_config(cafe.path, {})
    look = config.appearance(cafe.path.parent)
    renderer = renderer_beside(cafe.path, config.language, look)
    cafe.shop = replace(cafe.shop, config=config, appearance=look, renderer=renderer)


@rules
def test_a_logo_within_the_mail_leads_somewhere(cafe: Cafe) -> None:
    brand(cafe, "  logo: logo.png\n")
    [finding] = check(cafe)
    assert finding.message.startswith("All 3 mails are well")


@rules
def test_a_wrong_link_of_the_brand_is_mended_there(cafe: Cafe) -> None:
    brand(cafe, "  links: {shop: 'http://cornercafe.com'}\n")
    findings = check(cafe)
    assert any("has a link that is not https" in message for message in error_messages(findings))
    assert any("under brand: links:" in str(finding) for finding in findings)
