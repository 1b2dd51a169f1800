"""What may go wrong in a way its reader can mend: one tree, drawn once.

Trouble                     carries a sentence and the exit status of the command
├── OwnersFileTrouble   1   config.yaml or a template must be mended
├── DataTrouble         1   a source's data must be mended
├── WrongUse            2   the command was called wrongly
└── OutOfReach          3   a platform, a sender or the database did not do its part; run again
"""

from __future__ import annotations


class RegularsError(Exception):  # its name is a word of the product
    """A sentence that says what, where and what to do."""

    exit_status = 1


class OwnerFileError(RegularsError):
    """The owner's file, or one of the templates, must be mended."""


class SourceDataError(RegularsError):
    """A source's data must be mended."""


class WrongUsageError(RegularsError):
    """The command was called in a way that cannot work."""

    exit_status = 2


class UnavailableError(RegularsError):
    """Something outside did not do its part: nothing is lost, run again."""

    exit_status = 3
