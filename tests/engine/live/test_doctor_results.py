"""Marketing mail needs a recent examination without errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from engine.live import fingerprint
from engine.live.doctor_results import (
    NEVER_EXAMINED,
    RESULT_EXPIRED,
    SETTINGS_CHANGED,
    VALID_FOR,
    live_block_reason,
    save_findings,
)
from engine.live.finding import Finding, FindingKind, Topic
from engine.live.fingerprint import settings_fingerprint
from mail.senders.registry import providers
from tests.cafe import DAY, MARCH, SECOND, Cafe
from tests.mail.senders.extra.pigeon.provider import PROVIDER as PIGEONS

LIVE = """
    shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.example, postal address: Rua das Flores 12,
           public address: https://mail.cornercafe.example}
    sending:
      through: smtp
      smtp: {server: smtp.cornercafe.example}
      from: Ana <ana@cornercafe.example>
"""
FINE = Finding(Topic.DOMAIN, FindingKind.OK, "Your domain says who mails for it.")
SO_SO = Finding(
    Topic.DOMAIN, FindingKind.WARNING, "Your domain asks for no reports.", "Ask for them."
)
BAD = Finding(
    Topic.ADDRESS, FindingKind.WRONG, "https://mail.cornercafe.example does not answer.", "Go."
)


def live(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = LIVE
    return test


def save(cafe: Cafe, *findings: Finding) -> None:
    save_findings(cafe.shop, findings, now=MARCH)


def edit_config(cafe: Cafe, old: str, new: str) -> None:
    text = cafe.path.read_text()
    assert old in text
    cafe.reread(text.replace(old, new))


@live
def test_marketing_is_blocked_without_an_examination(cafe: Cafe) -> None:
    assert live_block_reason(cafe.shop, MARCH) == NEVER_EXAMINED


@live
def test_a_good_result_is_valid_for_thirty_days(cafe: Cafe) -> None:
    save(cafe, FINE, SO_SO)
    assert live_block_reason(cafe.shop, MARCH) is None
    assert live_block_reason(cafe.shop, MARCH + VALID_FOR) is None
    assert live_block_reason(cafe.shop, MARCH + VALID_FOR + SECOND) == RESULT_EXPIRED
    assert live_block_reason(cafe.shop, MARCH - DAY) is None


@live
def test_errors_block_until_a_good_result(cafe: Cafe) -> None:
    save(cafe, FINE, BAD)
    reason = live_block_reason(cafe.shop, MARCH)
    assert reason
    assert BAD.message in reason
    save(cafe, FINE)
    assert live_block_reason(cafe.shop, MARCH) is None
    save(cafe, BAD, BAD)
    assert "2 things were still wrong" in str(live_block_reason(cafe.shop, MARCH))


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
def test_changed_settings_need_a_new_examination(cafe: Cafe, old: str, new: str) -> None:
    save(cafe, FINE)
    edit_config(cafe, old, new)
    assert live_block_reason(cafe.shop, MARCH) == SETTINGS_CHANGED
    edit_config(cafe, new, old)
    assert live_block_reason(cafe.shop, MARCH) is None


@live
def test_a_result_of_version_0_1_0_stays_valid_after_an_upgrade(cafe: Cafe) -> None:
    stored_by_0_1_0 = "7177d04d10821082591f967fc190225ebd8240fafd1ba246732921f8f68fe6fa"
    assert settings_fingerprint(cafe.shop.config) == stored_by_0_1_0


@live
def test_a_result_stays_valid_when_a_sender_is_added(
    cafe: Cafe, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(cafe, FINE)
    monkeypatch.setattr(fingerprint, "providers", lambda: (*providers(), PIGEONS))
    assert live_block_reason(cafe.shop, MARCH) is None


@live
def test_unrelated_settings_may_change(cafe: Cafe) -> None:
    save(cafe, FINE)
    edit_config(cafe, "name: Corner Café", "name: The Corner Café")
    edit_config(cafe, "from: Ana <", "quiet hours: 21:00 to 08:00\n  from: Ana of the café <")
    assert live_block_reason(cafe.shop, MARCH) is None


@live
def test_a_result_with_only_to_is_valid_for_going_live(cafe: Cafe) -> None:
    edit_config(cafe, "from: Ana", "only to: [ana@cornercafe.example]\n  from: Ana")
    assert live_block_reason(cafe.shop, MARCH) is None
    save(cafe, FINE)
    edit_config(cafe, "only to: [ana@cornercafe.example]\n", "\n")
    assert live_block_reason(cafe.shop, MARCH) is None


@pytest.mark.parametrize(
    "other",
    [
        ("through: smtp", "through: outbox"),
        ("server: smtp.cornercafe.example", "server: 127.0.0.1"),
        ("server: smtp.cornercafe.example", "server: localhost"),
    ],
)
@live
def test_local_delivery_needs_no_examination(cafe: Cafe, other: Sequence[str]) -> None:
    edit_config(cafe, *other)
    assert live_block_reason(cafe.shop, MARCH) is None
    save(cafe, BAD)
    assert live_block_reason(cafe.shop, MARCH) is None
