"""What became of a customer when a rule looked at them."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    GO = "go"
    TOO_LATE = "too late"
    NO_ADDRESS = "no address"
    NO_BASIS = "no basis"
    NOT_MET = "if not met"


OPEN_VERDICTS = frozenset({Verdict.NO_ADDRESS, Verdict.NO_BASIS, Verdict.NOT_MET})
"""Judged again when the customer changes; the others are final."""
