"""Whether it is SendGrid that speaks: its signature over the very bytes it sent."""

from __future__ import annotations

from collections.abc import Mapping

from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader

from settings.errors import OwnerFileError

NO_KEY = (
    "sending → sendgrid → webhook key is no key. Copy the verification key that SendGrid shows "
    "where you switch on signed events."
)


class WebhookSignature:
    """The package's verifier, which raises where it should say no."""

    def __init__(self, key: str) -> None:
        try:
            self._verifier = EventWebhook("".join(key.split()))
            self._verifier.verify_signature("", "", "")  # a key of another kind raises here
        except Exception as error:  # the package says it in many ways
            raise OwnerFileError(NO_KEY) from error

    def verify(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """No time is asked for: docs/pages.md says why."""
        signature = headers.get(EventWebhookHeader.SIGNATURE, "")
        stamp = headers.get(EventWebhookHeader.TIMESTAMP, "")
        if not signature or not (stamp.isascii() and stamp.isdecimal()):
            return False
        try:
            return bool(self._verifier.verify_signature(body.decode("utf-8"), signature, stamp))
        except ValueError:  # no base64, no UTF-8
            return False
