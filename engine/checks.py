"""What no single word of the owner's file shows to be wrong, but two together do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from mail.facts import PARTS
from mail.letters import Letters
from settings.reading import Fault, Plain
from settings.values import Length
from triggers.whens import MANNERS, Manners

BELONGS = {"cart total": "cart", "csat": "answer", "nps": "answer"}
USUAL = "longer than usual"
Path = tuple[str | int, ...]


def lengths(plain: Plain) -> Iterable[Fault]:
    """Each `when` with the length it needs, and with no other."""
    for name, rule in _rules(plain):
        manners = _manners(rule)
        if manners is None:
            continue
        for word in ("for", "in"):
            if manners.needs == word and word not in rule:
                yield Fault(
                    ("rules", name, "when"),
                    f"when: {rule['when']} also needs {word}: a length of time, like 3 days.",
                )
            elif manners.needs != word and word in rule:
                said = f"when: {rule['when']} has no {word}. Take the line out."
                yield Fault(("rules", name, word), said, at="key")
        if rule.get("for") == USUAL and not manners.usual:
            said = f"when: {rule['when']} needs a length of time, like 3 hours."
            yield Fault(("rules", name, "for"), said)


def facts(plain: Plain) -> Iterable[Fault]:
    """Facts only where there is something they could be about."""
    for name, rule in _rules(plain):
        manners = _manners(rule)
        for path, asked in _asked(rule, ("rules", name)):
            for word in asked:
                needed = BELONGS.get(word)
                if manners and needed and needed not in manners.has:
                    said = f"There is no {needed} in when: {rule['when']}, so no {word}."
                    yield Fault((*path, word), said, at="key")


def letters_of(letters: Letters) -> Any:
    """Every mail that a rule sends: it exists, and knows the words that it uses."""

    def check(plain: Plain) -> Iterable[Fault]:
        for name, rule in _rules(plain):
            for path, step in _steps(rule.get("then"), ("rules", name, "then")):
                if isinstance(step.get("send"), str):
                    for said in _letter_mistakes(rule, step, letters):
                        yield Fault((*path, "send"), said)
                    yield from _with_mistakes(path, step)

    return check


def _letter_mistakes(
    rule: Mapping[str, Any], step: Mapping[str, Any], letters: Letters
) -> Iterable[str]:
    manners = _manners(rule)
    has: Collection[str] = PARTS if manners is None else manners.has
    given = [word.replace(" ", "_") for word in _mapping(step.get("with"))]
    if "valid_for" in given:
        given.append("valid_until")
    for mistake in letters.mistakes(step["send"], has=has, with_=given):
        at = f"{mistake.file}:{mistake.line}: " if mistake.line else ""
        yield f"{at}{mistake.message}"


def _with_mistakes(path: Path, step: Mapping[str, Any]) -> Iterable[Fault]:
    said = _mapping(step.get("with")).get("valid for")
    if isinstance(said, str):
        try:
            Length.read(said)
        except ValueError as wrong:
            yield Fault((*path, "with", "valid for"), str(wrong))


def _asked(rule: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for word in ("if", "unless"):
        yield (*path, word), _mapping(rule.get(word))
    for where, step in _steps(rule.get("then"), (*path, "then")):
        yield (*where, "if"), _mapping(step.get("if"))


def _steps(steps: object, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for place, step in enumerate(steps if isinstance(steps, list) else []):
        words = _mapping(step)
        yield (*path, place), words
        for inside in ("then", "else"):
            yield from _steps(words.get(inside), (*path, place, inside))


def _manners(rule: Mapping[str, Any]) -> Manners | None:
    """None where the `when` itself is a mistake, which is told elsewhere."""
    when = rule.get("when")
    return MANNERS.get(when) if isinstance(when, str) else None


def _rules(plain: Plain) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, rule in _mapping(_mapping(plain).get("rules")).items():
        yield name, _mapping(rule)


def _mapping(plain: object) -> Mapping[str, Any]:
    return plain if isinstance(plain, dict) else {}
