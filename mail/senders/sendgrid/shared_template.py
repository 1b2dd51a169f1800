"""Finds what mails have in common, so that one request needs it only once.

SendGrid replaces the tags in a request's content by each recipient's `substitutions` ("The total
collective size of your substitutions may not exceed 10,000 bytes", its OpenAPI; another page says
50,000). That is not promised for headers or `custom_args`, which are written out for each
recipient, as is the subject.

The mails are already rendered: lines that are equal in all of them stay, in the others the
differing part becomes a tag. Each mail is reproduced from skeleton and substitutions before it is
sent, and compared byte by byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import orjson

from mail.message.mime import Mail
from mail.senders.sendgrid.unsubscribe_tag import GROUP_LINK_TAG as THEIR_LINK

# No space, < > or & in a tag; equal lengths, so that no tag is part of another.
TAG = "-{nonce}.{number:05}-"
MAX_SUBSTITUTION_BYTES = 10_000
# Below this, requests of their own cost little more, and fewer mails can be in doubt together.
MIN_SHARED_MAILS = 5
# Cuts are at word boundaries: never inside &amp; or an HTML tag.
WORD_END = re.compile(r"[\s\"'=/?>]")
WORD_START = re.compile(r"[\s\"'<&?/]")

Substitutions = Mapping[str, str]


@dataclass(frozen=True)
class Skeleton:
    """Text part and HTML part of a mail, with or without tags."""

    text: str
    html: str

    def filled(self, substitutions: Substitutions) -> Skeleton:
        """Returns the parts with each tag replaced, as SendGrid does it."""
        text, html = self.text, self.html
        for tag, value in substitutions.items():
            text = text.replace(tag, value)
            html = html.replace(tag, value)
        return Skeleton(text, html)


def skeleton_of(mail: Mail) -> Skeleton:
    """Returns the parts of `mail`."""
    return Skeleton(mail.text, mail.html)


def sharing_key(mail: Mail) -> object:
    """Returns a key: mails with the same sender, line counts, HTML tags and pictures can share a
    skeleton.
    """
    envelope = (mail.sender_name, mail.sender_address, mail.reply_to, mail.purpose)
    tags = hash(tuple(re.findall(r"</?[A-Za-z][A-Za-z0-9]*", mail.html)))
    return (*envelope, mail.text.count("\n"), mail.html.count("\n"), tags, mail.pictures)


def shared_skeleton(
    mails: Sequence[Mail], nonce: str
) -> tuple[Skeleton, list[Substitutions | None]]:
    """Returns the skeleton of `mails`, and the substitutions of each; None for one that must go
    alone.
    """
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
    """Whether the `substitutions` are within SendGrid's limit and give back `mail` exactly."""
    # JSON is the longest way of counting.
    fits = len(orjson.dumps(dict(substitutions))) <= MAX_SUBSTITUTION_BYTES
    return (
        fits
        and skeleton.filled(substitutions) == skeleton_of(mail)
        and _keeps_group_links(skeleton, mail)
    )


def _keeps_group_links(skeleton: Skeleton, mail: Mail) -> bool:
    """SendGrid does not say whether it fills in substitutions before its own tags."""
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
        """Returns `texts` as one, line by line, with tags where they differ."""
        columns = zip_longest(*(text.split("\n") for text in texts), fillvalue="")
        return "\n".join(self._merge_line(column) for column in columns)

    def substitutions(self, mail_count: int) -> list[dict[str, str]]:
        """Returns the substitutions of each mail."""
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
    """Returns the lengths of common prefix and suffix of these lines, cut at word boundaries."""
    before = column[0][: common_prefix_length(column)]
    cut = max((match.end() for match in WORD_END.finditer(before)), default=0)
    reversed_lines = [line[cut:][::-1] for line in column]
    suffix = reversed_lines[0][: common_prefix_length(reversed_lines)][::-1]
    match = WORD_START.search(suffix)
    return cut, len(suffix) - match.start() if match else 0


def common_prefix_length(lines: Sequence[str]) -> int:
    """Returns the length of the common prefix: that of the first and the last in sorted order."""
    first, last = min(lines), max(lines)
    differing = (
        position
        for position, (left, right) in enumerate(zip(first, last, strict=False))
        if left != right
    )
    return next(differing, min(len(first), len(last)))
