"""Translates pydantic's validation errors into sentences for the owner."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic_core import ErrorDetails

from settings.model import nearest
from settings.text_value import quoted
from settings.yaml.model_paths import SchemaNode, literals
from settings.yaml.nodes import NodePath
from settings.yaml.suggestions import MAPPING_EXPECTED, choose_one_of, list_expected, unknown_choice

SCALAR_EXPECTED = "Write one value here, not a list and no lines below it."
SHAPE_ERRORS = (
    "string_type",
    "list_type",
    "dict_type",
    "model_type",
    "literal_error",
    "model_attributes_type",
)
MESSAGES = {
    "string_type": SCALAR_EXPECTED,
    "dict_type": MAPPING_EXPECTED,
    "model_type": MAPPING_EXPECTED,
    "model_attributes_type": MAPPING_EXPECTED,
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
BOUND_MESSAGES = {
    "greater_than": "Write more than {gt}.",
    "greater_than_equal": "Write {ge} or more.",
    "less_than": "Write less than {lt}.",
    "less_than_equal": "Write {le} or less.",
    "too_short": "This list is too short: at least {min_length} must stand here.",
    "too_long": "This list is too long: at most {max_length} may stand here.",
    "string_too_short": "This is too short: write at least {min_length} characters.",
    "string_too_long": "This is too long: write at most {max_length} characters.",
}


def error_message(errors: Sequence[ErrorDetails], schema: SchemaNode, path: NodePath) -> str:
    """Returns one sentence for all errors that pydantic reports about one value.

    Args:
        errors: The errors at one location.
        schema: What config.yaml accepts at that location.
        path: The location, as keys and list indexes.
    """
    typed_text = errors[0]["input"]
    choices = literals(schema)
    if choices and len(errors) == 1:
        return (
            unknown_choice(typed_text, choices)
            if isinstance(typed_text, str)
            else choose_one_of(choices)
        )
    if choices and isinstance(typed_text, str) and (suggestion := nearest(typed_text, choices)):
        return f'{quoted(typed_text)} is not known here. Did you mean "{suggestion}"?'
    specific = [error for error in errors if error["type"] not in SHAPE_ERRORS] or errors
    message = _message(specific[0], path)
    # For a value with a digit the alternatives in words are of no use.
    alternatives = choices if not re.search("[0-9]", str(typed_text)) else []
    return f"{message} Or write {' or '.join(alternatives)}." if alternatives else message


def _message(error: ErrorDetails, path: NodePath) -> str:
    error_type, context = error["type"], error.get("ctx", {})
    if error_type == "missing":
        return f'"{path[-1]}:" is missing.'
    if error_type == "value_error":
        return str(context["error"])
    if error_type == "list_type":
        return list_expected(path)
    if error_type == "extra_forbidden":
        return f"{quoted(str(path[-1]))} is not understood here."
    if error_type in BOUND_MESSAGES:
        return BOUND_MESSAGES[error_type].format(**context)
    return MESSAGES.get(error_type) or f"{error['msg'].rstrip('.')}."
