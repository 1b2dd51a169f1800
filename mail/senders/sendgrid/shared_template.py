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
from mail.senders.sendgrid.unsubscribe_tag import GROUP_LINK_TAG as THEIR_LINK

# In a tag: no space, no < > or &; each has the same length, so that none is part of another.
TAG = "-{nonce}.{number:05}-"
MAX_SUBSTITUTION_BYTES = 10_000
# Below this a plain request each costs little more, and one mail less is in doubt.
MIN_SHARED_MAILS = 5
# A cut goes where a word ends: never through &amp; or a tag's name.
WORD_END = re.compile(r"[\s\"'=/?>]")
WORD_START = re.compile(r"[\s\"'<&?/]")

Substitutions = Mapping[str, str]


@dataclass(frozen=True)
class Skeleton:
    """A letter's two bodies, with tags or without."""

    text: str
    html: str

    def filled(self, substitutions: Substitutions) -> Skeleton:
        """As SendGrid does it: each tag replaced by its value, wherever it stands."""
        text, html = self.text, self.html
        for tag, value in substitutions.items():
            text = text.replace(tag, value)
            html = html.replace(tag, value)
        return Skeleton(text, html)


def skeleton_of(mail: Mail) -> Skeleton:
    return Skeleton(mail.text, mail.html)


def sharing_key(mail: Mail) -> object:
    """Letters of one shape can share a skeleton: same envelope, same lines, same HTML tags."""
    envelope = (mail.sender_name, mail.sender_address, mail.reply_to, mail.purpose)
    tags = hash(tuple(re.findall(r"</?[A-Za-z][A-Za-z0-9]*", mail.html)))
    return (*envelope, mail.text.count("\n"), mail.html.count("\n"), tags)


def shared_skeleton(
    mails: Sequence[Mail], nonce: str
) -> tuple[Skeleton, list[Substitutions | None]]:
    """The skeleton of these, and the values of each; None for one that has to go by itself."""
    fits = [
        not any(nonce in part for part in (candidate.subject, candidate.text, candidate.html))
        for candidate in mails
    ]
    sharing = [mail for mail, fit in zip(mails, fits, strict=True) if fit]
    if len(sharing) < MIN_SHARED_MAILS:
        return Skeleton("", ""), [None] * len(mails)
    tags = TagTable(nonce)
    skeleton = Skeleton(
        tags.merge([mail.text for mail in sharing]),
        tags.merge([mail.html for mail in sharing]),
    )
    rows = iter(tags.substitutions(len(sharing)))
    per_mail = [next(rows) if fit else None for fit in fits]
    return skeleton, [
        substitutions
        if substitutions is not None and reproduces_mail(skeleton, substitutions, mail)
        else None
        for mail, substitutions in zip(mails, per_mail, strict=True)
    ]


def reproduces_mail(skeleton: Skeleton, substitutions: Substitutions, mail: Mail) -> bool:
    """Whether it is within SendGrid's bounds and gives back this very letter."""
    # As JSON it is never shorter than in any other way of counting.
    fits = len(orjson.dumps(dict(substitutions))) <= MAX_SUBSTITUTION_BYTES
    return (
        fits
        and skeleton.filled(substitutions) == skeleton_of(mail)
        and _keeps_group_links(skeleton, mail)
    )


def _keeps_group_links(skeleton: Skeleton, mail: Mail) -> bool:
    """Whether SendGrid fills values in before or after its own tags, it does not say."""
    return all(
        skeleton_part.count(THEIR_LINK) == mail_part.count(THEIR_LINK)
        for skeleton_part, mail_part in ((skeleton.text, mail.text), (skeleton.html, mail.html))
    )


class TagTable:
    """The tags of one skeleton; equal columns share one."""

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce
        self._tags: dict[tuple[str, ...], str] = {}

    def merge(self, texts: Sequence[str]) -> str:
        """These texts as one, line by line; what they do not have in common are tags."""
        columns = zip_longest(*(text.split("\n") for text in texts), fillvalue="")
        return "\n".join(self._merge_line(column) for column in columns)

    def substitutions(self, mail_count: int) -> list[dict[str, str]]:
        """The values of each letter."""
        return [
            {tag: column[position] for column, tag in self._tags.items()}
            for position in range(mail_count)
        ]

    def _merge_line(self, column: tuple[str, ...]) -> str:
        if all(line == column[0] for line in column):
            return column[0]
        before, after = common_ends(column)
        middles = tuple(line[before : len(line) - after] for line in column)
        tag = self._tags.setdefault(
            middles, TAG.format(nonce=self._nonce, number=len(self._tags) + 1)
        )
        return f"{column[0][:before]}{tag}{column[0][len(column[0]) - after :]}"


def common_ends(column: Sequence[str]) -> tuple[int, int]:
    """How much these lines have in common at their beginnings, and at their ends."""
    before = column[0][: common_prefix_length(column)]
    cut = max((match.end() for match in WORD_END.finditer(before)), default=0)
    reversed_lines = [line[cut:][::-1] for line in column]
    suffix = reversed_lines[0][: common_prefix_length(reversed_lines)][::-1]
    match = WORD_START.search(suffix)
    return cut, len(suffix) - match.start() if match else 0


def common_prefix_length(lines: Sequence[str]) -> int:
    """How many letters they begin with alike: as many as the first and the last in order do."""
    first, last = min(lines), max(lines)
    differing = (
        position
        for position, (left, right) in enumerate(zip(first, last, strict=False))
        if left != right
    )
    return next(differing, min(len(first), len(last)))
