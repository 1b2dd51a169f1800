"""Findings of the doctor: kind, topic, message and remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class FindingKind(StrEnum):
    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


class Topic(StrEnum):
    """What a check is about, in display order."""

    DOMAIN = "your domain"
    ADDRESS = "your public address"
    MAILS = "your mails"
    PROVIDER = "your mail service"
    SOURCES = "your sources"
    MACHINE = "this machine"


@dataclass(frozen=True)
class Finding:
    """One result of a check: a sentence, and what to do about it."""

    about: Topic
    kind: FindingKind
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Reporter:
    """Creates findings about one topic."""

    topic: Topic

    def ok(self, message: str) -> Finding:
        return Finding(self.topic, FindingKind.OK, message)

    def warning(self, message: str, remedy: str) -> Finding:
        return Finding(self.topic, FindingKind.WARNING, message, remedy)

    def wrong(self, message: str, remedy: str) -> Finding:
        return Finding(self.topic, FindingKind.WRONG, message, remedy)


def downgrade_errors(findings: Iterable[Finding]) -> list[Finding]:
    """Return `findings` with errors turned into warnings, except those about the machine."""
    return [
        replace(finding, kind=FindingKind.WARNING)
        if finding.kind is FindingKind.WRONG and finding.about is not Topic.MACHINE
        else finding
        for finding in findings
    ]


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Return `findings` with errors first, then warnings; within a kind by topic."""
    kinds, topics = list(reversed(FindingKind)), list(Topic)
    return sorted(
        findings, key=lambda finding: (kinds.index(finding.kind), topics.index(finding.about))
    )
