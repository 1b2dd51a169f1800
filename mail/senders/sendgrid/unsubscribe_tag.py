"""SendGrid's own link to unsubscribe, in the place where a mail shows its link.

A letter is written with a stand-in, an address that leads nowhere: so it is shown, checked, and
rehearsed like any other link, and nothing escapes a letter of it. Only on its way to SendGrid does
the stand-in become SendGrid's tag for the bare address of a group's page, another for each reader.
"When using our ASM Global or Group Unsubscribe tags, you must pass an unsubscribe group in your
API" (https://www.twilio.com/docs/sendgrid/ui/sending-email/global-unsubscribes): that is `asm`.
"""

from __future__ import annotations

from dataclasses import replace

from mail.message.headers import InvalidMailError
from mail.message.mime import Mail
from mail.senders.sendgrid.config import PLACEHOLDER_URL

__all__ = ["PLACEHOLDER_URL", "insert_group_link", "uses_group_link"]

GROUP_LINK_TAG = "<%asm_group_unsubscribe_raw_url%>"


def uses_group_link(mail: Mail) -> bool:
    """Whether SendGrid is to write this mail's link; a service mail never leads there."""
    return mail.purpose == "marketing" and mail.unsubscribe_url == PLACEHOLDER_URL


def insert_group_link(mail: Mail, group: int | None) -> Mail:
    """The mail as SendGrid has to see it."""
    if group is None:
        raise InvalidMailError("SendGrid's unsubscribe link needs its number: unsubscribe group.")
    if PLACEHOLDER_URL not in mail.html:
        raise InvalidMailError("The mail does not show its unsubscribe link.")
    return replace(
        mail,
        text=mail.text.replace(PLACEHOLDER_URL, GROUP_LINK_TAG),
        html=mail.html.replace(PLACEHOLDER_URL, GROUP_LINK_TAG),
    )
