"""What an answer of SendGrid means for the mails of its request.

SendGrid has no key by which a request sent twice would count once. So only an answer that says no
lets a mail go again; what says neither yes nor no leaves it in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

MOST_QUOTED = 160


@dataclass(frozen=True)
class Took:
    """It has them all."""


@dataclass(frozen=True)
class Bad:
    """It will not have the request for the sake of some of its mails; which, it may have named."""

    why: str
    named: frozenset[int] = frozenset()


@dataclass(frozen=True)
class TooLarge:
    """Fewer at a time."""


@dataclass(frozen=True)
class SlowDown:
    """Not before this moment, in seconds since 1970, where it named one."""

    until: float | None = None


@dataclass(frozen=True)
class Stop:
    """Nothing goes on from here; `may_have`: the mails of this request may have gone."""

    why: str
    may_have: bool = False


Answer = Took | Bad | TooLarge | SlowDown | Stop


def meaning(status: int, headers: Mapping[str, str], body: bytes, key: str) -> Answer:
    """`key` is what the owner's file calls the key."""
    answer: Answer
    match status:
        case 202:
            answer = Took()
        case 400:
            answer = _bad(_errors(body))
        case 413:
            answer = TooLarge()
        case 429:
            answer = SlowDown(_moment(headers.get("x-ratelimit-reset", "")))
        case 401:
            answer = Stop(f"SendGrid does not accept {key}{_said(body)}. Look at it there")
        case 403:
            answer = Stop(
                f"SendGrid does not let {key} send in the name of `from`{_said(body)}. "
                "Give the key Mail Send, and verify the sender there"
            )
        case _:
            answer = _other(status, body)
    return answer


def _other(status: int, body: bytes) -> Stop:
    if status == 200:
        # https://www.twilio.com/docs/sendgrid/for-developers/sending-email/sandbox-mode:
        # a request that was only looked at. We never ask for that, and nobody gets its mails.
        return Stop("SendGrid looked at the mails and sent none (status 200)")
    if 300 <= status < 400:
        return Stop(f"SendGrid's address leads elsewhere (status {status}), which is not followed")
    if 400 <= status < 500:
        return Stop(f"SendGrid refuses the request (status {status}){_said(body)}")
    # A server that stumbled may have stumbled after it took them.
    return Stop(f"SendGrid failed (status {status})", may_have=True)


def unanswered(error: Exception) -> Stop:
    """No answer came: whether the request could have arrived, its kind tells."""
    kind = type(error).__name__
    if isinstance(error, NEVER_BEGAN):
        return Stop(f"SendGrid cannot be reached ({kind})")
    return Stop(f"SendGrid's answer did not come ({kind})", may_have=True)


# There was no connection yet, so no byte of the request has left. A certificate that does not
# prove itself is a ConnectError too.
NEVER_BEGAN = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


def _bad(errors: list[tuple[str, str]]) -> Bad | Stop:
    why = "; ".join(said for said, _ in errors[:3] if said) or "no reason was given"
    # Every mail has these in common: to refuse one after the other would help nobody.
    ours = [field for _, field in errors if re.match(r"(from|reply_to)\b", field)]
    if ours:
        return Stop(f"SendGrid does not take the shop's `{ours[0].partition('.')[0]}`: {why}")
    named = [re.match(r"personalizations\.(\d{1,4})\b", field) for _, field in errors]
    return Bad(why, frozenset(int(found[1]) for found in named if found))


def _errors(body: bytes) -> list[tuple[str, str]]:
    """Each error's words and its field."""
    try:
        read: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    errors = read.get("errors") if isinstance(read, dict) else None
    return [
        (quoted(one.get("message") or ""), str(one.get("field") or ""))
        for one in (errors if isinstance(errors, list) else [])
        if isinstance(one, dict)
    ]


def _said(body: bytes) -> str:
    words = "; ".join(said for said, _ in _errors(body)[:1] if said)
    return f" ({words})" if words else ""


def _moment(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,11}", text.strip()) else None


def quoted(said: object) -> str:
    """SendGrid's words, cut short, without anything that could be somebody's address."""
    words = " ".join("…" if "@" in word else word for word in str(said).split())
    return words[:MOST_QUOTED].rstrip(". ")
