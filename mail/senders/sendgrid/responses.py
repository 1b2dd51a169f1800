"""What a response of SendGrid means for the mails of its request.

SendGrid's API has no idempotency key. So a mail is sent again only after a response that rejects
the request; without a decisive response it is in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

MAX_QUOTE = 160


@dataclass(frozen=True)
class RequestAccepted:
    """SendGrid has all mails of the request."""


@dataclass(frozen=True)
class RequestRejected:
    """The request was rejected because of some mails, at `positions` where these are named."""

    reason: str
    positions: frozenset[int] = frozenset()


@dataclass(frozen=True)
class RequestTooLarge:
    """The request must be split."""


@dataclass(frozen=True)
class RateLimited:
    """Retry at `until` (seconds since 1970), where SendGrid named a time."""

    until: float | None = None


@dataclass(frozen=True)
class DeliveryStopped:
    """The delivery cannot go on; with `in_doubt` SendGrid may have the mails of this request."""

    reason: str
    in_doubt: bool = False


RequestResult = RequestAccepted | RequestRejected | RequestTooLarge | RateLimited | DeliveryStopped


def interpret_response(
    status: int, headers: Mapping[str, str], body: bytes, key: str
) -> RequestResult:
    """Returns what a response means. `key` is the API key's place in config.yaml, for messages."""
    outcome: RequestResult
    match status:
        case 202:
            outcome = RequestAccepted()
        case 400:
            outcome = _rejection(_parse_errors(body))
        case 413:
            outcome = RequestTooLarge()
        case 429:
            outcome = RateLimited(_reset_time(headers.get("x-ratelimit-reset", "")))
        case 401:
            outcome = DeliveryStopped(
                f"SendGrid does not accept {key}{_error_note(body)}. Look at it there"
            )
        case 403:
            outcome = DeliveryStopped(
                f"SendGrid does not let {key} send in the name of `from`{_error_note(body)}. "
                "Give the key Mail Send, and verify the sender there"
            )
        case _:
            outcome = _interpret_other(status, body)
    return outcome


def _interpret_other(status: int, body: bytes) -> DeliveryStopped:
    if status == 200:
        # https://www.twilio.com/docs/sendgrid/for-developers/sending-email/sandbox-mode:
        # a request that is only validated. We never ask for that.
        return DeliveryStopped("SendGrid looked at the mails and sent none (status 200)")
    if 300 <= status < 400:
        return DeliveryStopped(
            f"SendGrid's address leads elsewhere (status {status}), which is not followed"
        )
    if 400 <= status < 500:
        return DeliveryStopped(f"SendGrid refuses the request (status {status}){_error_note(body)}")
    # A server that fails may have accepted the mails before.
    return DeliveryStopped(f"SendGrid failed (status {status})", in_doubt=True)


def interpret_no_response(error: Exception) -> DeliveryStopped:
    """Returns whether the request can have arrived, judging by the type of `error`."""
    kind = type(error).__name__
    if isinstance(error, NOT_SENT_ERRORS):
        return DeliveryStopped(f"SendGrid cannot be reached ({kind})")
    return DeliveryStopped(f"SendGrid's answer did not come ({kind})", in_doubt=True)


# There was no connection yet, so no byte of the request was sent. An invalid certificate is a
# ConnectError too.
NOT_SENT_ERRORS = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


def _rejection(errors: list[tuple[str, str]]) -> RequestRejected | DeliveryStopped:
    reason = "; ".join(message for message, _ in errors[:3] if message) or "no reason was given"
    # All mails share these fields: splitting the request would not help.
    shop_fields = [field for _, field in errors if re.match(r"(from|reply_to)\b", field)]
    if shop_fields:
        return DeliveryStopped(
            f"SendGrid does not take the shop's `{shop_fields[0].partition('.')[0]}`: {reason}"
        )
    matches = [re.match(r"personalizations\.(\d{1,4})\b", field) for _, field in errors]
    return RequestRejected(reason, frozenset(int(match[1]) for match in matches if match))


def _parse_errors(body: bytes) -> list[tuple[str, str]]:
    """Message and field of each error."""
    try:
        payload: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    errors = payload.get("errors") if isinstance(payload, dict) else None
    return [
        (quote_redacted(error.get("message") or ""), str(error.get("field") or ""))
        for error in (errors if isinstance(errors, list) else [])
        if isinstance(error, dict)
    ]


def _error_note(body: bytes) -> str:
    note = "; ".join(message for message, _ in _parse_errors(body)[:1] if message)
    return f" ({note})" if note else ""


def _reset_time(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,11}", text.strip()) else None


def quote_redacted(text: object) -> str:
    """Returns `text` shortened, without anything that could be an address."""
    redacted = " ".join("…" if "@" in word else word for word in str(text).split())
    return redacted[:MAX_QUOTE].rstrip(". ")
