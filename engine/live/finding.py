"""What the doctor says of one thing: a closed set of kinds, each with its remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Kind(StrEnum):
    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


class About(StrEnum):
    """What is looked at, in the order in which it is told."""

    DOMAIN = "your domain"
    ADDRESS = "your public address"
    LETTERS = "your mails"
    PROVIDER = "your mail service"
    MACHINE = "this machine"


@dataclass(frozen=True)
class Finding:
    """A sentence, and what to do about it where something has to be done."""

    about: About
    kind: Kind
    what: str
    remedy: str = ""


@dataclass(frozen=True)
class Desk:
    """Writes findings about one thing."""

    about: About

    def ok(self, what: str) -> Finding:
        return Finding(self.about, Kind.OK, what)

    def warning(self, what: str, remedy: str) -> Finding:
        return Finding(self.about, Kind.WARNING, what, remedy)

    def wrong(self, what: str, remedy: str) -> Finding:
        return Finding(self.about, Kind.WRONG, what, remedy)


def only_warned(findings: Iterable[Finding]) -> list[Finding]:
    """Where mail reaches nobody, nothing about mail is wrong yet; a full disk is."""
    return [
        replace(one, kind=Kind.WARNING)
        if one.kind is Kind.WRONG and one.about is not About.MACHINE
        else one
        for one in findings
    ]


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    kinds, abouts = list(reversed(Kind)), list(About)
    return sorted(findings, key=lambda one: (kinds.index(one.kind), abouts.index(one.about)))
