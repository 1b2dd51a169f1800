"""What the doctor says of one thing: a closed set of kinds, each with its remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class FindingKind(StrEnum):
    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


class Topic(StrEnum):
    """What is looked at, in the order in which it is told."""

    DOMAIN = "your domain"
    ADDRESS = "your public address"
    MAILS = "your mails"
    PROVIDER = "your mail service"
    MACHINE = "this machine"


@dataclass(frozen=True)
class Finding:
    """A sentence, and what to do about it where something has to be done."""

    about: Topic
    kind: FindingKind
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Reporter:
    """Writes findings about one thing."""

    topic: Topic

    def ok(self, message: str) -> Finding:
        return Finding(self.topic, FindingKind.OK, message)

    def warning(self, message: str, remedy: str) -> Finding:
        return Finding(self.topic, FindingKind.WARNING, message, remedy)

    def wrong(self, message: str, remedy: str) -> Finding:
        return Finding(self.topic, FindingKind.WRONG, message, remedy)


def downgrade_errors(findings: Iterable[Finding]) -> list[Finding]:
    """Where mail reaches nobody, nothing about mail is wrong yet; a full disk is."""
    return [
        replace(finding, kind=FindingKind.WARNING)
        if finding.kind is FindingKind.WRONG and finding.about is not Topic.MACHINE
        else finding
        for finding in findings
    ]


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    kinds, topics = list(reversed(FindingKind)), list(Topic)
    return sorted(
        findings, key=lambda finding: (kinds.index(finding.kind), topics.index(finding.about))
    )
