"""Mistakes of config.yaml that only two settings show together."""

from __future__ import annotations

from engine.config.checks import check_durations
from settings.yaml.load import Plain, Violation


def rule(when: str, lead: str) -> Plain:
    return {"rules": {"a": {"when": when, "in": lead, "then": []}}}


def test_only_a_calendar_day_has_a_mail_on_the_day_itself() -> None:
    assert list(check_durations(rule("birthday", "0 days"))) == []
    assert list(check_durations(rule("points expire", "0 days"))) == [
        Violation(
            ("rules", "a", "in"), "With in: 0 days the mail would be too late. Write 1 day or more."
        )
    ]
