"""Verifies the ECDSA signature of a SendGrid event webhook."""

from __future__ import annotations

from collections.abc import Mapping

from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader

from settings.errors import OwnerFileError

NO_KEY = (
    "sending → sendgrid → webhook key is no key. Copy the verification key that SendGrid shows "
    "where you switch on signed events."
)


class WebhookSignature:
    """Wraps the package's verifier, which raises where it should return False.

    Raises OwnerFileError where `key` is no public key.
    """

    def __init__(self, key: str) -> None:
        try:
            self._verifier = EventWebhook("".join(key.split()))
            self._verifier.verify_signature("", "", "")  # another type of key raises here
        except Exception as error:  # the package raises many types
            raise OwnerFileError(NO_KEY) from error

    def verify(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether `body` has a valid signature in `headers`. Its time is not checked: see
        docs/pages.md.
        """
        signature = headers.get(EventWebhookHeader.SIGNATURE, "")
        stamp = headers.get(EventWebhookHeader.TIMESTAMP, "")
        if not signature or not (stamp.isascii() and stamp.isdecimal()):
            return False
        try:
            return bool(self._verifier.verify_signature(body.decode("utf-8"), signature, stamp))
        except ValueError:  # no base64, no UTF-8
            return False
