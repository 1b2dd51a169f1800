"""Questions of an interview at the terminal, and parsers for their answers.

Senders and platforms define their own questions for `regulars init`; `regulars` asks them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from settings.env_values import is_env_reference
from settings.values import HeaderSecret, Secret

MAX_LENGTH = 200


@dataclass(frozen=True)
class Question:
    """A question; `flag` answers it on the command line, `key` from the environment."""

    text: str
    flag: str = ""
    key: str = ""
    number: int = 0  # 0 for what belongs to the question before
    default: str | None = None  # what Enter means; None where an answer is needed
    needed: bool = True  # whether a script must answer it too
    hint: str = ""  # a line below the question


def validated(kind: Any, answer: object) -> Any:
    """Returns `answer` as config.yaml reads a value of this `kind`; ValueError with a sentence."""
    try:
        return TypeAdapter(kind).validate_python(answer)
    except ValidationError as error:
        raise ValueError(refusal(error)) from None


def refusal(error: ValidationError) -> str:
    """Returns the sentence of the first problem in `error`."""
    return str(error.errors()[0]["msg"]).removeprefix("Value error, ")


def short_text(text: str) -> str:
    """Returns `text`; ValueError where it is longer than MAX_LENGTH."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"That is longer than {MAX_LENGTH} letters. Write it shorter.")
    return text


def plain_text(text: str) -> str:
    """Returns `text`; ValueError for `$NAME`, which would be looked up in the environment."""
    if is_env_reference(text):
        raise ValueError(f"{text} would be read as the name of a key. Write it without the $.")
    return short_text(text)


def api_key(text: str) -> str:
    """Returns `text`; ValueError where it cannot be an HTTP header's value. Empty text is none."""
    if text:
        validated(HeaderSecret, Secret(text))
    return text
