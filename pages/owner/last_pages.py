"""The variables with which pages were drawn last: shown again while the database is busy."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

MAX_PAGES = 64
MAX_AGE = timedelta(hours=1)


@dataclass(frozen=True)
class LastPage:
    """A page as it was at `as_of`: its template and variables, without anything of a session."""

    template: str
    variables: Mapping[str, Any]
    as_of: datetime


@dataclass
class LastPages:
    """The MAX_PAGES pages that were drawn last, by path and query."""

    _pages: OrderedDict[str, LastPage] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def keep(self, address: str, page: LastPage) -> None:
        with self._lock:
            self._pages[address] = page
            self._pages.move_to_end(address)
            while len(self._pages) > MAX_PAGES:
                self._pages.popitem(last=False)

    def find(self, address: str, now: datetime) -> LastPage | None:
        """Returns the page of an `address` if it is not older than MAX_AGE."""
        with self._lock:
            page = self._pages.get(address)
        return page if page and now - page.as_of <= MAX_AGE else None
