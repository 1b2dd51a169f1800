"""SendGrid's suppression lists: unsubscribe groups, bounces, spam reports and others.

After SendGrid's OpenAPI (github.com/twilio/sendgrid-oai, spec/json/tsg_suppressions_v3.json).
Addresses are compared case-insensitively.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

MAX_PAGE_SIZE = 500  # entries in one page
PAGED_LISTS = ("bounces", "invalid_emails", "spam_reports", "unsubscribes")
# https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
DROP_REASONS = {
    "bounces": "Bounced Address",
    "invalid_emails": "Invalid",
    "spam_reports": "Spam Reporting Address",
    "unsubscribes": "Unsubscribed Address",
}
GROUP_PATH = re.compile(r"/v3/asm/groups/(\d+)")
MEMBER_PATH = re.compile(r"/v3/asm/groups/(\d+)/suppressions/([^/]+)")
LIST_PATH = re.compile(rf"/v3/suppression/({'|'.join(PAGED_LISTS)})")
StatusAndBody = tuple[int, Any]


@dataclass
class SuppressionLists:
    """`groups` maps a group to its addresses and times; `entries` maps a list to its entries."""

    groups: dict[int, dict[str, int]] = field(default_factory=dict)
    entries: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in PAGED_LISTS}
    )

    def unsubscribe(self, group: int, address: str, at: int) -> None:
        """Add `address` to the unsubscribe `group`, as the link in a mail does."""
        self.groups.setdefault(group, {}).setdefault(address, at)

    def add(self, name: str, address: str, at: int, **fields: str) -> None:
        self.entries[name].append({"created": at, "email": address, **fields})

    def drop_reason(self, address: str, group: int | None) -> str | None:
        """Return why a mail to `address` is dropped, or None."""
        unsubscribed = self.groups.get(group, {}) if group is not None else {}
        if any(_equal_addresses(address, entry) for entry in unsubscribed):
            return "Unsubscribed Address"
        for name, entries in self.entries.items():
            if any(_equal_addresses(address, entry["email"]) for entry in entries):
                return DROP_REASONS[name]
        return None

    def handle(self, method: str, path: str, query: Mapping[str, str]) -> StatusAndBody:
        """Return status and body for a request to a suppression list."""
        if method == "DELETE" and (match := MEMBER_PATH.fullmatch(path)):
            return self._delete_member(int(match[1]), unquote(match[2]))
        if method != "GET":
            return 405, _error("Method Not Allowed")
        if match := LIST_PATH.fullmatch(path):
            return 200, self._page(match[1], query)
        if path == "/v3/asm/suppressions":
            return 200, self._all_members()
        return self._group(path)

    def _group(self, path: str) -> StatusAndBody:
        match = GROUP_PATH.match(path)
        group = int(match[1]) if match else 0
        if group in self.groups and path == f"/v3/asm/groups/{group}":
            return 200, {"id": group, "name": "Mail from the café", "description": ""}
        if group in self.groups and path == f"/v3/asm/groups/{group}/suppressions":
            return 200, list(self.groups[group])
        return 404, _error("Not Found")

    def _delete_member(self, group: int, address: str) -> StatusAndBody:
        members = self.groups.get(group, {})
        for member in [member for member in members if _equal_addresses(member, address)]:
            del members[member]
        return 204, None

    def _all_members(self) -> list[dict[str, Any]]:
        return [
            {"email": address, "group_id": group, "group_name": f"Group {group}",
             "created_at": at}
            for group, members in self.groups.items() for address, at in members.items()
        ]  # fmt: skip

    def _page(self, name: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        since, offset = int(query.get("start_time", 0)), int(query.get("offset", 0))
        limit = min(int(query.get("limit", MAX_PAGE_SIZE)), MAX_PAGE_SIZE)
        newest = sorted(self.entries[name], key=lambda entry: -int(entry["created"]))
        return [entry for entry in newest if entry["created"] >= since][offset : offset + limit]


def _equal_addresses(address: str, other: str) -> bool:
    return address.casefold() == other.casefold()


def _error(message: str) -> dict[str, Any]:
    return {"errors": [{"field": None, "message": message}]}
