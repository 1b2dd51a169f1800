"""The owner's words for sending."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from mail.mailbox.config import Mailbox
from mail.senders.sendgrid.config import SendGrid
from mail.senders.smtp.config import Smtp
from settings.model import ConfigModel
from settings.values import AskAbove, EmailAddress, EmailLimit, HoursOfDay, NamedAddress, TimeOfDay


def _parse_selector(text: str) -> str:
    """RFC 6376 §3.1: labels of a domain's name."""
    if re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", text):
        return text
    raise ValueError("Write the selector alone, like s1 or google.")


class Sending(ConfigModel):
    """How mail leaves the shop, and how much of it."""

    through: Literal["outbox", "smtp", "sendgrid"] = "outbox"
    folder: str = "outbox"
    smtp: Annotated[Smtp | None, Field(description="The mail server to send through.")] = None
    sendgrid: Annotated[
        SendGrid | None, Field(description="The account at SendGrid to send through.")
    ] = None
    only_to: Annotated[
        tuple[EmailAddress, ...],
        Field(description="Mail to these addresses really goes; all other is rehearsed."),
    ] = ()
    from_: NamedAddress
    dkim_selector: Annotated[
        str | None,
        AfterValidator(_parse_selector),
        Field(
            description="The name of the key that signs your mails: regulars doctor looks at it."
        ),
    ] = None
    unsubscribe_by: Annotated[
        Literal["pages", "mailbox", "sendgrid"] | None,
        Field(description="Where a customer's no arrives; pages if there is a public address."),
    ] = None
    mailbox: Annotated[Mailbox | None, Field(description="Where mails come back to.")] = None
    quiet_hours: HoursOfDay | None = None
    usual_time: Annotated[
        TimeOfDay | None,
        Field(description="When mail goes that has a day of its own but no hour."),
    ] = None
    no_more_than: EmailLimit | None = None
    ask_me_above: AskAbove = AskAbove.parse("50 or 5 %")

    @property
    def is_live(self) -> bool:
        """Whether customers get what is sent, and not the owner alone."""
        return self.through != "outbox" and not self.only_to

    @model_validator(mode="after")
    def _check_provider_block(self) -> Self:
        """What is left over of another way may stay: one word switches between them."""
        quiet_hours = self.quiet_hours
        if quiet_hours and self.usual_time and quiet_hours.covers(self.usual_time):
            raise ValueError(
                f"usual time: {self.usual_time:%H:%M} lies in the quiet hours: {quiet_hours}. Such "
                "mail would never go. Choose a time outside."
            )
        if self.through == "smtp" and self.smtp is None:
            raise ValueError(
                "To send through: smtp, write which server: smtp: {server: smtp.example.com}."
            )
        if self.through == "sendgrid" and self.sendgrid is None:
            raise ValueError(
                "To send through: sendgrid, write your account: "
                "sendgrid: {api key: $SENDGRID_API_KEY}."
            )
        return self
