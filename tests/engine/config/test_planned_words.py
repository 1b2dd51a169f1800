"""Words that cannot be used yet are answered with "not available yet", never with a wrong guess."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.config.owner_config import OwnerConfig, load_owner_config
from engine.config.planned_words import WORDS
from loyalty.config import Loyalty
from mail.config import Sending
from settings.model import config_keys, nearest, step_verb
from settings.shop import Shop
from settings.yaml.load import ConfigError
from settings.yaml.model_paths import literals, schema_node
from settings.yaml.planned_word import Place, PlannedWord
from tests.docs.pages import ROOT, read_page
from triggers.config import Branch, DoTask, Rule, Send, StopEvent, Wait
from triggers.facts.config import Facts
from triggers.registry import events

AUTOMATIONS = ROOT.parent / "shared" / "specs" / "automations.yaml"
FILE = """
shop:
  name: Corner Café
  country: PT
  currency: EUR
  timezone: Europe/Lisbon
  reply to: ana@cornercafe.example
  postal address: Rua das Flores 12, 1200-192 Lisboa
sending:
  from: Ana at Corner Café <ana@cornercafe.example>
rules:
  hello:
"""
AVAILABLE = {
    Place.TOP: set(config_keys(OwnerConfig)),
    Place.RULE: set(config_keys(Rule)),
    Place.EVENT: set(events()),
    Place.FACT: set(config_keys(Facts)),
    Place.STEP: {step_verb(step) for step in (Send, Wait, DoTask, Branch)},
    Place.STOP: set(literals(schema_node(StopEvent))),
    Place.SHOP: set(config_keys(Shop)),
    Place.SENDING: set(config_keys(Sending)),
    Place.LOYALTY: set(config_keys(Loyalty)),
    Place.FACT_VALUE: set[str](),
    Place.WAIT: set[str](),
}
PLANNED = {place: {word.word for word in WORDS if word.place is place} for place in Place}


def messages(tmp_path: Path, rule: str) -> list[str]:
    """The mistakes of a file with the lines `rule` in its one rule."""
    path = tmp_path / "config.yaml"
    path.write_text(FILE + "".join(f"    {line}\n" for line in rule.splitlines()))
    with pytest.raises(ConfigError) as caught:
        load_owner_config(path, {})
    return [mistake.message for mistake in caught.value.mistakes]


@pytest.mark.parametrize("word", WORDS, ids=lambda word: f"{word.place}: {word.word}")
def test_no_planned_word_can_be_used_already(word: PlannedWord) -> None:
    assert word.word not in AVAILABLE[word.place]
    assert (ROOT / word.page).is_file()
    assert word.word in read_page("docs/rules.md")


def test_patterns_of_values_match_no_value_of_today() -> None:
    for text in ("at least 15", "exactly 0", "more than 1,000", "2 days", "3 hours"):
        assert not any(word.matches(text) for word in WORDS if word.pattern)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("when: visit\nthen: [{send: welcome}]", "Not available yet: visit. Today: mail a day"),
        ("when: visits\nthen: [{send: welcome}]", "Not available yet: visit."),
        ("when: order placd\nthen: [{send: welcome}]", "Not available yet: order placed."),
        ("when: Date\non: Tuesday\nthen: [{send: welcome}]", "Not available yet: date."),
        ("when: subscribed\nthen: [{tag: vip}]", "Not available yet: tag. Today: use a task:"),
        ("when: subscribed\nonce: yes\nthen: [{send: welcome}]", "Not available yet: once."),
        (
            "when: subscribed\nif: {visits: at least 3 in the last 9 days}\nthen: [{task: x}]",
            "Not available yet: a count of some time.",
        ),
        (
            "when: subscribed\nunless: {last visit: 3 days ago}\nthen: [{send: welcome}]",
            "Not available yet: last visit.",
        ),
        (
            "when: subscribed\nthen: [{wait: until 09:30}, {send: welcome}]",
            "Not available yet: waiting until a time.",
        ),
        (
            "when: subscribed\nthen: [{send: welcome}]\nstop when: {buys again: {tag: beans}}",
            "Not available yet: buys again.",
        ),
    ],
)
def test_a_planned_word_is_not_available_yet(tmp_path: Path, rule: str, message: str) -> None:
    [only] = messages(tmp_path, rule)
    assert only.startswith(message)


def test_a_misspelt_word_of_today_is_still_corrected(tmp_path: Path) -> None:
    assert messages(tmp_path, "when: no vist\nfor: 3 days\nthen: [{send: welcome}]") == [
        f'"no vist" is not known here. Did you mean "no visit"? Known: {", ".join(events())}.'
    ]


@pytest.mark.parametrize(
    ("word", "opposite"),
    [("visit", "no visit"), ("visits", "no visit"), ("unsubscribed", "subscribed"),
     ("no birthday", "birthday"), ("not subscribed", "subscribed")],
)  # fmt: skip
def test_no_word_is_taken_for_its_opposite(word: str, opposite: str) -> None:
    assert nearest(word, [opposite]) is None


@pytest.mark.parametrize(
    ("word", "meant"), [("no vist", "no visit"), ("on visit", "no visit"), ("unles", "unless")]
)
def test_a_misspelt_negation_is_still_near(word: str, meant: str) -> None:
    assert nearest(word, [meant]) == meant


@pytest.mark.skipif(not AUTOMATIONS.exists(), reason="the list of automations is not beside us")
def test_every_word_of_the_automations_is_available_or_planned() -> None:
    rules = yaml.safe_load(AUTOMATIONS.read_text())["rules"]
    unknown = {
        (place, word)
        for rule in rules.values()
        for place, word in words_of(rule)
        if word not in AVAILABLE[place] and not any(
            planned.place is place and planned.matches(word) for planned in WORDS
        )
    }  # fmt: skip
    assert not unknown


def words_of(rule: dict[Any, Any]) -> Iterator[tuple[Place, str]]:
    """Yields the events, keys, facts and steps of a rule. YAML reads `on` as true."""
    yield Place.EVENT, rule["when"]
    yield from ((Place.RULE, "on" if key is True else key) for key in rule)
    stop = rule.get("stop when")
    if stop:
        yield Place.STOP, stop if isinstance(stop, str) else next(iter(stop))
    for key in ("if", "unless"):
        yield from ((Place.FACT, fact) for fact in rule.get(key, {}))
    yield from steps_of(rule["then"])


def steps_of(steps: list[dict[str, Any]]) -> Iterator[tuple[Place, str]]:
    for step in steps:
        yield Place.STEP, next(iter(step))
        yield from ((Place.FACT, fact) for fact in step.get("if", {}))
        for branch in ("then", "else"):
            yield from steps_of(step.get(branch, []))
