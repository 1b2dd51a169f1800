"""Puts several mails to one recipient together as one, a digest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from templates.language import Language

DIGEST_LAYOUT = "layout-digest"
HEADLINE = re.compile(r"\s*<h1>.*?</h1>", re.DOTALL)
GREETING = re.compile(r"\s*<p>([^<]*)</p>")
FIRST_LETTER = re.compile(r"(\A\s*<p>\s*)([^\W\d_])")
MAX_FIRST_SUBJECT = 150  # characters


@dataclass(frozen=True, slots=True)
class DigestPart:
    """One mail of a digest: its subject, and its content as HTML."""

    subject: str
    html: str


def digest_variables(parts: Sequence[DigestPart]) -> dict[str, Any]:
    """Returns the variables of the layout of a digest: `greeting` and `parts`.

    Where all `parts` begin with the same greeting, it stands once, above them. What followed its
    comma in small letters ("Hallo Clara, es ist …") begins with a capital. The subject of each
    takes the place of its headline.
    """
    contents = [HEADLINE.sub("", part.html, count=1) for part in parts]
    greetings = [GREETING.match(content) for content in contents]
    texts = {match[1] if match else None for match in greetings}
    greeting = texts.pop() if len(texts) == 1 else None
    bodies = [
        _capitalize(content[match.end() :]) if greeting and match else content
        for content, match in zip(contents, greetings, strict=True)
    ]
    return {
        "greeting": Markup(greeting or ""),  # noqa: S704  # rendered and escaped by its template
        "parts": [
            {"subject": part.subject, "content": Markup(body)}  # noqa: S704  # escaped likewise
            for part, body in zip(parts, bodies, strict=True)
        ],
    }


def _capitalize(body: str) -> str:
    return FIRST_LETTER.sub(lambda match: match[1] + match[2].upper(), body)


def digest_subject(subjects: Sequence[str], language: Language) -> str:
    """Returns the subject of a digest: that of its first mail, and how many more there are."""
    first, more = subjects[0], len(subjects) - 1
    if len(first) > MAX_FIRST_SUBJECT:
        first = f"{first[: MAX_FIRST_SUBJECT - 1].rstrip()}…"
    sentences = language.sentences("mails")
    template = language.plural(more, sentences.DIGEST_MORE, one=sentences.DIGEST_ONE_MORE)
    return str(template.format(subject=first, more=more))
