"""A text as a value of the owner's file: plain where that is safe, else in quotes."""

from __future__ import annotations

import json
import re

from settings.yaml.yaml_events import UNREADABLE

# Letters and digits of any alphabet, and what stands between them without a meaning in YAML.
PLAIN = re.compile(r"[^\W_](?:[\w .,/()+@&'’–<>-]*[\w.)>])?")
IN_A_LIST = re.compile(r"[^\W_](?:[\w ./()+@&'’–-]*[\w.)])?")
WORDS_OF_YAML = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


def cleaned(text: str) -> str:
    """One line of what was typed, without what no editor shows."""
    return " ".join(UNREADABLE.sub("", text).split())


def value(text: str) -> str:
    """How it is written behind `key: `."""
    return text if PLAIN.fullmatch(text) and _means_itself(text) else quoted(text)


def item(text: str) -> str:
    """The same inside [ ] and { }, where a comma has a meaning."""
    return text if IN_A_LIST.fullmatch(text) and _means_itself(text) else quoted(text)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _means_itself(text: str) -> bool:
    return text.casefold() not in WORDS_OF_YAML
