"""What no single word of the owner's file shows to be wrong, but two together do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path as Folder
from typing import Any, Literal

from engine.time_format import length_told
from mail.render.facts import PARTS
from mail.render.renderer import Letters
from settings.model import nearest
from settings.values import Length
from settings.yaml.load import Fault, Plain
from triggers.config import Rule
from triggers.durations import lateness
from triggers.event_defaults import MANNERS, Manners

BELONGS = {"cart total": "cart", "csat": "answer", "nps": "answer"}
USUAL = "longer than usual"
POINTS = "points"
NO_POINTS = (
    "There are no points without a programme. Add loyalty: to the file, with "
    "programme: and the name of your till, or with earn: 1 point per 1."
)
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


def words_in_time(plain: Plain) -> Iterable[Fault]:
    """Nobody is asked about a mail for longer than it may be late."""
    for name, rule in _rules(plain):
        late = _lateness(rule)
        for path, step in _steps(rule.get("then"), ("rules", name, "then")):
            within = _length(step, "approve within")
            if within and late and within.elapsed > late:
                said = (
                    f"approve within: {within} is longer than the mail may be late, which is "
                    f"{length_told(late)} (at most late). Write less, or let it be later."
                )
                yield Fault((*path, "approve within"), said)


def _lateness(rule: Mapping[str, Any]) -> timedelta | None:
    """None where the `when` itself is a mistake."""
    if _manners(rule) is None:
        return None
    ahead, late = _length(rule, "in"), _length(rule, "at most late")
    return lateness(Rule.model_construct(when=rule["when"], in_=ahead, at_most_late=late))


def _length(words: Mapping[str, Any], word: str) -> Length | None:
    """None where there is none; one that cannot be read is told elsewhere."""
    try:
        return Length.read(words[word])
    except (KeyError, TypeError, ValueError):
        return None


def points(plain: Plain) -> Iterable[Fault]:
    """Rules about points only where there is a programme; one finding a rule."""
    if "loyalty" in _mapping(plain):
        return
    for name, rule in _rules(plain):
        found = next(_about_points(rule, ("rules", name)), None)
        if found:
            path, at = found
            yield Fault(path, NO_POINTS, at=at)


def _about_points(
    rule: Mapping[str, Any], path: Path
) -> Iterator[tuple[Path, Literal["key", "value"]]]:
    if str(rule.get("when")).startswith(POINTS):
        yield (*path, "when"), "value"
    for where, asked in _asked(rule, path):
        if POINTS in asked:
            yield (*where, POINTS), "key"
    if str(rule.get("stop when")).startswith(POINTS):
        yield (*path, "stop when"), "value"


def files_in(folder: Folder) -> Any:
    """Every file of rows that a source names lies beside the owner's file."""

    def check(plain: Plain) -> Iterable[Fault]:
        for name, source in _mapping(_mapping(plain).get("sources")).items():
            file = _mapping(source).get("file")
            if isinstance(file, str) and not (folder / file).exists():
                yield Fault(("sources", name, "file"), _no_file(file, folder))

    return check


def _no_file(file: str, folder: Folder) -> str:
    meant = nearest(file, [one.name for one in folder.iterdir() if one.is_file()])
    hint = f'Did you mean "{meant}"?' if meant else "Put it there, or name another."
    return f"There is no file {file} in {folder.absolute()}. {hint}"


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
