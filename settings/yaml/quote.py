"""Writes text as YAML scalars: plain where that is safe, else in double quotes."""

from __future__ import annotations

import json
import re

from settings.text.hidden_characters import without_hidden_characters
from settings.yaml.events import INVISIBLE_CHARS

# Letters and digits of any alphabet, and what stands between them without a meaning in YAML.
PLAIN = re.compile(r"[^\W_](?:[\w .,/()+@&'’–<>-]*[\w.)>])?")
PLAIN_IN_FLOW = re.compile(r"[^\W_](?:[\w ./()+@&'’–-]*[\w.)])?")
YAML_KEYWORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


def clean_line(text: str) -> str:
    """Returns `text` as one line: white space collapsed, invisible characters removed."""
    visible = without_hidden_characters(INVISIBLE_CHARS.sub("", text))
    return " ".join(visible.split())


def yaml_scalar(text: str) -> str:
    """Returns `text` as a block scalar, as it is written after `key: `."""
    return text if PLAIN.fullmatch(text) and _is_plain(text) else double_quoted(text)


def flow_scalar(text: str) -> str:
    """Returns `text` as a scalar inside [ ] and { }, where a comma separates."""
    return text if PLAIN_IN_FLOW.fullmatch(text) and _is_plain(text) else double_quoted(text)


def double_quoted(text: str) -> str:
    """Returns `text` in double quotes with JSON's escapes, which YAML shares."""
    return json.dumps(text, ensure_ascii=False)


def _is_plain(text: str) -> bool:
    return text.casefold() not in YAML_KEYWORDS
