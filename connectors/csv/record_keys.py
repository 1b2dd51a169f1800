"""Keys of orders and answers that have no number of their own, from what their cells mean.

A file that a spreadsheet saved again (other dates, amounts, capitals, columns, encoding) therefore
has the same keys. Step 0012 of the migrations derives the same keys from stored rows: a change here
needs another one.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime

from shop.identity.customer_numbers import canonical_number

DIGEST_BYTES = 12


def order_digest(customer: str | None, placed_at: datetime, total: int) -> bytes:
    """Return a hash of who bought, when (to the minute) and for how much, in minor units."""
    return text_digest(customer_part(customer), minute_part(placed_at), str(total))


def answer_digest(customer: str | None, answered_at: datetime, survey: str | None) -> bytes:
    """Return a hash of who answered which `survey`, and when, to the minute."""
    return text_digest(customer_part(customer), minute_part(answered_at), (survey or "").casefold())


def record_key(digest: bytes, occurrence: int) -> str:
    """Return the key of the record that is the `occurrence`-th with this `digest`, from 1."""
    return f"{digest.hex()}.{occurrence}"


def customer_part(customer: str | None) -> str:
    """Return a customer's key without what a spreadsheet changes of it."""
    return canonical_number(customer or "").casefold()


def minute_part(moment: datetime) -> str:
    """Return the minute: spreadsheets save dates without their seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")


def text_digest(*parts: str) -> bytes:
    text = "\x1f".join(parts)
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=DIGEST_BYTES).digest()


class Occurrences:
    """Numbers equal records of one file; about a hundred bytes of memory for each different one."""

    def __init__(self) -> None:
        self._counts: Counter[bytes] = Counter()

    def key(self, digest: bytes) -> str:
        """Return the key of the next record with this `digest`."""
        self._counts[digest] += 1
        return record_key(digest, self._counts[digest])
