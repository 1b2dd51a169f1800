"""What a rule does, in one sentence."""

from __future__ import annotations

import pytest

from engine.rules.sentence import rule_sentence
from tests.cafe import Cafe
from triggers.registry import events


def test_event_condition_wait_and_mail_are_one_sentence(cafe: Cafe) -> None:
    """
    rules:
      win-back:
        when: no visit
        for: 45 days
        if: {visits: at least 4}
        then:
          - send: we-miss-you
            with: {treat: a cappuccino, valid for: 14 days}
          - wait: 3 days
          - if: {total spent: at least 20}
            then: [{task: Call them}]
            else: [{send: welcome}]
        stop when: visit
    """
    assert rule_sentence(cafe.shop.config.rules["win-back"]) == (
        "When somebody has not come for 45 days, if visits at least 4: send we-miss-you, then wait "
        "3 days, then if total spent at least 20 leave you the task “Call them”, else send welcome."
        " It stops when they come."
    )


def test_a_long_series_is_cut(cafe: Cafe) -> None:
    """
    rules:
      long:
        when: subscribed
        then:
          - {send: welcome}
          - {wait: 1 day}
          - {task: One}
          - {task: Two}
          - {task: Three}
          - {task: Four}
          - {task: Five}
    """
    assert rule_sentence(cafe.shop.config.rules["long"]).endswith("“Three”, and 2 more.")


def test_a_birthday_itself_is_not_zero_days_away(cafe: Cafe) -> None:
    """
    rules:
      birthday:
        when: birthday
        in: 0 days
        then: [{send: birthday, with: {treat: cake, valid for: 14 days}}]
    """
    sentence = rule_sentence(cafe.shop.config.rules["birthday"])
    assert sentence == "On somebody's birthday: send birthday."


@pytest.mark.parametrize("name", sorted(events()))
def test_every_event_has_words(name: str) -> None:
    sentences = events()[name].sentences()
    assert hasattr(sentences, "RULE")
    assert hasattr(sentences, "RULE_USUAL") == events()[name].allows_usual
