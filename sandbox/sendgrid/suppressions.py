"""Whom the look-alike mails no more: who left a group, bounced, or called a mail spam.

As SendGrid's OpenAPI for suppressions tells it (github.com/twilio/sendgrid-oai,
spec/json/tsg_suppressions_v3.json). Addresses are compared without regard to upper case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

MOST = 500  # in one page
PAGED = ("bounces", "invalid_emails", "spam_reports", "unsubscribes")
# https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event: why one is dropped.
WHY = {
    "bounces": "Bounced Address",
    "invalid_emails": "Invalid",
    "spam_reports": "Spam Reporting Address",
    "unsubscribes": "Unsubscribed Address",
}
ONE_GROUP = re.compile(r"/v3/asm/groups/(\d+)")
MEMBER = re.compile(r"/v3/asm/groups/(\d+)/suppressions/([^/]+)")
LIST = re.compile(rf"/v3/suppression/({'|'.join(PAGED)})")
Answer = tuple[int, Any]


@dataclass
class Lists:
    """Groups: address and since when; the other lists: entries as they are told."""

    groups: dict[int, dict[str, int]] = field(default_factory=dict)
    entries: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in PAGED}
    )

    def leave(self, group: int, address: str, at: int) -> None:
        """A reader follows the link in a mail of this group."""
        self.groups.setdefault(group, {}).setdefault(address, at)

    def add(self, name: str, address: str, at: int, **more: str) -> None:
        self.entries[name].append({"created": at, "email": address, **more})

    def why_dropped(self, address: str, group: int | None) -> str | None:
        """None where it is mailed."""
        left = self.groups.get(group, {}) if group is not None else {}
        if any(_same(address, one) for one in left):
            return "Unsubscribed Address"
        for name, entries in self.entries.items():
            if any(_same(address, one["email"]) for one in entries):
                return WHY[name]
        return None

    def answer(self, method: str, path: str, query: Mapping[str, str]) -> Answer:
        if method == "DELETE" and (found := MEMBER.fullmatch(path)):
            return self._lift(int(found[1]), unquote(found[2]))
        if method != "GET":
            return 405, _error("Method Not Allowed")
        if found := LIST.fullmatch(path):
            return 200, self._page(found[1], query)
        if path == "/v3/asm/suppressions":
            return 200, self._all()
        return self._group(path)

    def _group(self, path: str) -> Answer:
        found = ONE_GROUP.match(path)
        group = int(found[1]) if found else 0
        if group in self.groups and path == f"/v3/asm/groups/{group}":
            return 200, {"id": group, "name": "Mail from the café", "description": ""}
        if group in self.groups and path == f"/v3/asm/groups/{group}/suppressions":
            return 200, list(self.groups[group])
        return 404, _error("Not Found")

    def _lift(self, group: int, address: str) -> Answer:
        left = self.groups.get(group, {})
        for one in [one for one in left if _same(one, address)]:
            del left[one]
        return 204, None

    def _all(self) -> list[dict[str, Any]]:
        return [
            {"email": address, "group_id": group, "group_name": f"Group {group}",
             "created_at": at}
            for group, left in self.groups.items() for address, at in left.items()
        ]  # fmt: skip

    def _page(self, name: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        since, offset = int(query.get("start_time", 0)), int(query.get("offset", 0))
        limit = min(int(query.get("limit", MOST)), MOST)
        newest = sorted(self.entries[name], key=lambda one: -int(one["created"]))
        return [one for one in newest if one["created"] >= since][offset : offset + limit]


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _error(said: str) -> dict[str, Any]:
    return {"errors": [{"field": None, "message": said}]}
