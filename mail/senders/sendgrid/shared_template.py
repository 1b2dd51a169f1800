"""What many letters share is said once; what differs stands in a tag, filled in for each.

SendGrid puts each person's `substitutions` into the content of a request ("The total collective
size of your substitutions may not exceed 10,000 bytes", its OpenAPI; another of its pages says
50,000). They are not promised for headers or `custom_args`, so these are written out for each
person, and so is the subject, which has a place of its own there.

The letters come here already rendered, so nothing about templates has to be known: lines that are
equal in all of them stay, of the others the part that differs becomes a tag. That this gives back
every letter, to the byte, is not assumed but tried, for each one, before it goes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import orjson

from mail.message.mime import Mail
from mail.senders.sendgrid.unsubscribe_tag import TAG as THEIR_LINK

# In a tag: no space, no < > or &; each has the same length, so that none is part of another.
TAG = "-{nonce}.{number:05}-"
MOST_BYTES = 10_000
# Below this a plain request each costs little more, and one mail less is in doubt.
FEWEST = 5
# A cut goes where a word ends: never through &amp; or a tag's name.
EDGE = re.compile(r"[\s\"'=/?>]")
START = re.compile(r"[\s\"'<&?/]")

Values = Mapping[str, str]


@dataclass(frozen=True)
class Skeleton:
    """A letter's two bodies, with tags or without."""

    text: str
    html: str

    def filled(self, values: Values) -> Skeleton:
        """As SendGrid does it: each tag replaced by its value, wherever it stands."""
        text, html = self.text, self.html
        for tag, value in values.items():
            text = text.replace(tag, value)
            html = html.replace(tag, value)
        return Skeleton(text, html)


def of(mail: Mail) -> Skeleton:
    return Skeleton(mail.text, mail.html)


def shape(mail: Mail) -> object:
    """Letters of one shape can share a skeleton: same envelope, same lines, same HTML tags."""
    envelope = (mail.sender_name, mail.sender_address, mail.reply_to, mail.purpose)
    tags = hash(tuple(re.findall(r"</?[A-Za-z][A-Za-z0-9]*", mail.html)))
    return (*envelope, mail.text.count("\n"), mail.html.count("\n"), tags)


def shared(mails: Sequence[Mail], nonce: str) -> tuple[Skeleton, list[Values | None]]:
    """The skeleton of these, and the values of each; None for one that has to go by itself."""
    fits = [not any(nonce in part for part in (m.subject, m.text, m.html)) for m in mails]
    among = [mail for mail, fit in zip(mails, fits, strict=True) if fit]
    if len(among) < FEWEST:
        return Skeleton("", ""), [None] * len(mails)
    tags = Tags(nonce)
    skeleton = Skeleton(
        tags.lines([mail.text for mail in among]),
        tags.lines([mail.html for mail in among]),
    )
    rows = iter(tags.rows(len(among)))
    found = [next(rows) if fit else None for fit in fits]
    return skeleton, [
        values if values is not None and proven(skeleton, values, mail) else None
        for mail, values in zip(mails, found, strict=True)
    ]


def proven(skeleton: Skeleton, values: Values, mail: Mail) -> bool:
    """Whether it is within SendGrid's bounds and gives back this very letter."""
    # As JSON it is never shorter than in any other way of counting.
    small = len(orjson.dumps(dict(values))) <= MOST_BYTES
    return small and skeleton.filled(values) == of(mail) and _links_stay(skeleton, mail)


def _links_stay(skeleton: Skeleton, mail: Mail) -> bool:
    """Whether SendGrid fills values in before or after its own tags, it does not say."""
    return all(
        ours.count(THEIR_LINK) == theirs.count(THEIR_LINK)
        for ours, theirs in ((skeleton.text, mail.text), (skeleton.html, mail.html))
    )


class Tags:
    """The tags of one skeleton; equal columns share one."""

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce
        self._tags: dict[tuple[str, ...], str] = {}

    def lines(self, texts: Sequence[str]) -> str:
        """These texts as one, line by line; what they do not have in common are tags."""
        columns = zip_longest(*(text.split("\n") for text in texts), fillvalue="")
        return "\n".join(self._line(column) for column in columns)

    def rows(self, letters: int) -> list[dict[str, str]]:
        """The values of each letter."""
        return [{tag: column[n] for column, tag in self._tags.items()} for n in range(letters)]

    def _line(self, column: tuple[str, ...]) -> str:
        if all(line == column[0] for line in column):
            return column[0]
        before, after = ends(column)
        middles = tuple(line[before : len(line) - after] for line in column)
        tag = self._tags.setdefault(
            middles, TAG.format(nonce=self._nonce, number=len(self._tags) + 1)
        )
        return f"{column[0][:before]}{tag}{column[0][len(column[0]) - after :]}"


def ends(column: Sequence[str]) -> tuple[int, int]:
    """How much these lines have in common at their beginnings, and at their ends."""
    before = column[0][: alike(column)]
    cut = max((found.end() for found in EDGE.finditer(before)), default=0)
    backwards = [line[cut:][::-1] for line in column]
    behind = backwards[0][: alike(backwards)][::-1]
    found = START.search(behind)
    return cut, len(behind) - found.start() if found else 0


def alike(lines: Sequence[str]) -> int:
    """How many letters they begin with alike: as many as the first and the last in order do."""
    first, last = min(lines), max(lines)
    differing = (n for n, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return next(differing, min(len(first), len(last)))
