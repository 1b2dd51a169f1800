"""What a mail is for; it follows from the rule's `when`, never from free text."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    SERVICE = "service"
    MARKETING = "marketing"
