"""Errors with a message for the reader: the exception tree of the whole project.

RegularsError               carries a sentence and the exit status of the command
├── OwnerFileError      1   config.yaml or a template must be corrected
├── SourceDataError     1   a source's data must be corrected
├── DatabaseLostError   1   the database is damaged or gone; a backup must be restored
├── WrongUsageError     2   the command was called wrongly
└── UnavailableError    3   a platform, a sender or the database failed; run again later
"""

from __future__ import annotations


class RegularsError(Exception):
    """Base of all expected errors; the message says what is wrong, where, and what to do."""

    exit_status = 1


class OwnerFileError(RegularsError):
    """config.yaml or a template must be corrected."""


class SourceDataError(RegularsError):
    """A source's data must be corrected."""


class DatabaseLostError(RegularsError):
    """The shop's database is damaged or gone; a backup must be restored."""


class WrongUsageError(RegularsError):
    """The command was called with arguments that cannot work."""

    exit_status = 2


class UnavailableError(RegularsError):
    """An external system is unreachable or failed; nothing is lost, and a retry may succeed."""

    exit_status = 3
