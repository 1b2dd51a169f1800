"""Customer and order numbers as spreadsheets rewrite them: 00123, 123 and 123.0 are one number."""

from __future__ import annotations

import re

NUMBER = re.compile(r"([0-9]{1,20})(?:[.,]0+)?")


def canonical_number(key: str) -> str:
    """Return what the spellings of one number have in common: 123 for 00123 and 123.0.

    Any other key is returned as it is. Two people may have keys with the same canonical number;
    it only narrows down which records are compared.
    """
    match = NUMBER.fullmatch(key)
    return (match[1].lstrip("0") or "0") if match else key
