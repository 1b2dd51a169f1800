"""SendGrid's own unsubscribe link.

Mails are rendered with a placeholder URL, so that they are checked and rehearsed like any other.
The preflight replaces it by SendGrid's tag for the raw URL of a group's page. "When using our ASM
Global or Group Unsubscribe tags, you must pass an unsubscribe group in your API"
(https://www.twilio.com/docs/sendgrid/ui/sending-email/global-unsubscribes): that is `asm`.
"""

from __future__ import annotations

from dataclasses import replace

from mail.message.headers import InvalidMailError
from mail.message.mime import Mail
from mail.senders.sendgrid.config import PLACEHOLDER_URL

__all__ = ["PLACEHOLDER_URL", "insert_group_link", "uses_group_link"]

GROUP_LINK_TAG = "<%asm_group_unsubscribe_raw_url%>"


def uses_group_link(mail: Mail) -> bool:
    """Whether SendGrid inserts the unsubscribe link of `mail`; never in service mails."""
    return mail.purpose == "marketing" and mail.unsubscribe_url == PLACEHOLDER_URL


def insert_group_link(mail: Mail, group: int | None) -> Mail:
    """Returns `mail` with SendGrid's tag instead of the placeholder; raises InvalidMailError."""
    if group is None:
        raise InvalidMailError("SendGrid's unsubscribe link needs its number: unsubscribe group.")
    if PLACEHOLDER_URL not in mail.html:
        raise InvalidMailError("The mail does not show its unsubscribe link.")
    return replace(
        mail,
        text=mail.text.replace(PLACEHOLDER_URL, GROUP_LINK_TAG),
        html=mail.html.replace(PLACEHOLDER_URL, GROUP_LINK_TAG),
    )
