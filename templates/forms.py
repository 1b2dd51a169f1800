"""A sentence in both forms of address."""

from __future__ import annotations

from typing import NamedTuple


class Forms(NamedTuple):
    """One sentence twice: to somebody addressed informally (du, tu) and formally (Sie, vous)."""

    informal: str
    formal: str

    def choose(self, *, formal: bool) -> str:
        """Returns the sentence in one of the two forms."""
        return self.formal if formal else self.informal
