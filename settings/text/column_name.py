"""The name that an owner gives to a column of their own, for rules and templates."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

LETTER = "a-zß-öø-ÿœ"
COLUMN_NAME = f"[{LETTER}][{LETTER}0-9]*(?: [{LETTER}0-9]+)*"
MAX_CHARS = 40


def _validate_column_name(text: str) -> str:
    if re.fullmatch(COLUMN_NAME, text) and len(text) <= MAX_CHARS:
        return text
    words = re.findall(f"[{LETTER}0-9]+", unicodedata.normalize("NFC", text).casefold())
    name = " ".join(words).lstrip("0123456789 ")[:MAX_CHARS].rstrip()
    hint = f" Write {name}." if name else " Write one like allergy."
    raise ValueError(
        "The name of a column has small letters, digits and single blanks, begins with a letter, "
        f"and has at most {MAX_CHARS} signs.{hint}"
    )


def template_name(column: str) -> str:
    """Return the name that a template uses for `column`: favourite_roast for favourite roast."""
    return column.replace(" ", "_")


ColumnName = Annotated[
    str,
    AfterValidator(_validate_column_name),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{COLUMN_NAME}$",
            "maxLength": MAX_CHARS,
            "examples": ["allergy"],
            "description": "Small letters, digits and single blanks.",
        }
    ),
]
