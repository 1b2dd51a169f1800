"""The whole of config.yaml: each room's words put together, read and checked as one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from connectors.words import Source
from mail.facts import PARTS
from mail.letters import Letters
from mail.words import Sending
from settings.reading import Fault, Plain, read
from settings.shop import Shop
from settings.values import Secret, Setting, Slug
from settings.words import Words
from triggers.whens import MANNERS, Manners
from triggers.words import Rule

OWN_TEMPLATES = "templates"


class OwnersFile(Words):
    """What an owner may write."""

    shop: Shop
    database: Annotated[
        Setting, Field(description="Where the shop's data is kept; a file beside this one.")
    ] = "sqlite:///regulars.db"
    secret: Annotated[
        Secret | None, Field(description="Signs the links in mails; made by itself when absent.")
    ] = None
    sources: dict[Slug, Source] = Field(default_factory=dict)
    sending: Sending
    rules: dict[Slug, Rule] = Field(default_factory=dict)


def read_owners_file(path: Path, environ: Mapping[str, str]) -> OwnersFile:
    """The file, or every mistake in it and in the templates it names at once."""
    letters = letters_beside(path)
    return read(
        path,
        OwnersFile,
        environ=environ,
        checks=[_needs_for, lambda plain: _templates(plain, letters)],
    )


def letters_beside(path: Path) -> Letters:
    own = path.parent / OWN_TEMPLATES
    return Letters(own if own.is_dir() else None)


def told_by(manners: Manners) -> Collection[str]:
    """What the letters of such a rule may tell of, beyond the shop and the customer."""
    return {"cart"} if manners.has_cart else set()


def _needs_for(plain: Plain) -> Iterable[Fault]:
    for name, rule in _rules(plain):
        manners = _manners(rule)
        if manners and manners.needs_for and "for" not in rule:
            yield Fault(
                ("rules", name, "when"),
                f"when: {rule['when']} also needs for: a length of time, like 3 days.",
            )
        if manners and not manners.has_cart and "cart total" in _mapping(rule.get("if")):
            yield Fault(
                ("rules", name, "if", "cart total"),
                "There is no cart here: cart total belongs to when: cart abandoned.",
                at="key",
            )


def _templates(plain: Plain, letters: Letters) -> Iterable[Fault]:
    for name, rule in _rules(plain):
        steps = rule.get("then")
        for place, step in enumerate(steps if isinstance(steps, list) else []):
            words = _mapping(step)
            if isinstance(words.get("send"), str):
                where = ("rules", name, "then", place, "send")
                for sentence in _letter_mistakes(rule, words, letters):
                    yield Fault(where, sentence)


def _letter_mistakes(
    rule: Mapping[str, Any], step: Mapping[str, Any], letters: Letters
) -> Iterable[str]:
    manners = _manners(rule)
    has = PARTS if manners is None else told_by(manners)
    given = [word.replace(" ", "_") for word in _mapping(step.get("with"))]
    if "valid_for" in given:
        given.append("valid_until")
    for mistake in letters.mistakes(step["send"], has=has, with_=given):
        at = f"{mistake.file}:{mistake.line}: " if mistake.file else ""
        yield f"{at}{mistake.message}"


def _manners(rule: Mapping[str, Any]) -> Manners | None:
    """None where the `when` itself is a mistake, which is told elsewhere."""
    when = rule.get("when")
    return MANNERS.get(when) if isinstance(when, str) else None


def _rules(plain: Plain) -> Iterable[tuple[str, Mapping[str, Any]]]:
    for name, rule in _mapping(_mapping(plain).get("rules")).items():
        yield name, _mapping(rule)


def _mapping(plain: object) -> Mapping[str, Any]:
    return plain if isinstance(plain, dict) else {}
