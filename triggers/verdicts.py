"""Verdicts: the result of evaluating a rule for a customer."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """Whether an enrolment begins, or the first objection."""

    GO = "go"
    TOO_LATE = "too late"
    NO_ADDRESS = "no address"
    NO_BASIS = "no basis"
    NOT_MET = "if not met"


OPEN_VERDICTS = frozenset({Verdict.NO_ADDRESS, Verdict.NO_BASIS, Verdict.NOT_MET})
"""Evaluated again when the customer changes; the others are final."""
