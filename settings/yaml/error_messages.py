"""pydantic's findings in the owner's words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic_core import ErrorDetails

from settings.model import nearest
from settings.text_value import quoted
from settings.yaml.model_paths import Place, literals
from settings.yaml.suggestions import TABLE_WANTED, list_wanted, not_known, one_of
from settings.yaml.yaml_nodes import Path

ONE_VALUE = "Write one value here, not a list and no lines below it."
SHAPES = (
    "string_type",
    "list_type",
    "dict_type",
    "model_type",
    "literal_error",
    "model_attributes_type",
)
PLAIN = {
    "string_type": ONE_VALUE,
    "dict_type": TABLE_WANTED,
    "model_type": TABLE_WANTED,
    "model_attributes_type": TABLE_WANTED,
    "int_parsing": "Write a whole number, like 3.",
    "int_type": "Write a whole number, like 3.",
    "int_from_float": "Write a whole number, like 3.",
    "int_parsing_size": "This number is too large.",
    "float_parsing": "Write a number, like 2.5.",
    "decimal_parsing": "Write a number, like 2.5.",
    "decimal_type": "Write a number, like 2.5.",
    "finite_number": "Write a number, like 2.5.",
    "bool_parsing": "Write yes or no.",
    "bool_type": "Write yes or no.",
}
BOUNDS = {
    "greater_than": "Write more than {gt}.",
    "greater_than_equal": "Write {ge} or more.",
    "less_than": "Write less than {lt}.",
    "less_than_equal": "Write {le} or less.",
    "too_short": "This list is too short: at least {min_length} must stand here.",
    "too_long": "This list is too long: at most {max_length} may stand here.",
    "string_too_short": "This is too short: write at least {min_length} characters.",
    "string_too_long": "This is too long: write at most {max_length} characters.",
}


def sentence(errors: Sequence[ErrorDetails], place: Place, path: Path) -> str:
    """One sentence for all that pydantic says about one value."""
    typed = errors[0]["input"]
    closed = literals(place)
    if closed and len(errors) == 1:
        return not_known(typed, closed) if isinstance(typed, str) else one_of(closed)
    if closed and isinstance(typed, str) and (near := nearest(typed, closed)):
        return f'{quoted(typed)} is not known here. Did you mean "{near}"?'
    telling = [error for error in errors if error["type"] not in SHAPES] or errors
    said = _said(telling[0], path)
    # Who wrote a number meant the number; only others are told of the words.
    offered = closed if not re.search("[0-9]", str(typed)) else []
    return f"{said} Or write {' or '.join(offered)}." if offered else said


def _said(error: ErrorDetails, path: Path) -> str:
    kind, details = error["type"], error.get("ctx", {})
    if kind == "missing":
        return f'"{path[-1]}:" is missing.'
    if kind == "value_error":
        return str(details["error"])
    if kind == "list_type":
        return list_wanted(path)
    if kind == "extra_forbidden":
        return f"{quoted(str(path[-1]))} is not understood here."
    if kind in BOUNDS:
        return BOUNDS[kind].format(**details)
    return PLAIN.get(kind) or f"{error['msg'].rstrip('.')}."
