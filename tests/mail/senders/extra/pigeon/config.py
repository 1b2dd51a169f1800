"""The block `pigeon:` of `sending:`."""

from __future__ import annotations

from settings.model import ConfigModel


class Pigeon(ConfigModel):
    """A loft with its pigeons."""

    loft: str
    most_mails: int = 10
