"""The block `sendgrid:` of config.yaml."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from settings.addresses import validate_endpoint
from settings.model import ConfigModel
from settings.values import EnvText, HeaderSecret, Secret

# Each mail is a "personalization", of which a request holds at most a thousand
# (https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors).
MAX_MAILS_PER_REQUEST = 1000
# RFC 2606 §2: nothing under .invalid ever has an address.
PLACEHOLDER_URL = "https://sendgrid.invalid/unsubscribe"


def _parse_address(text: str) -> str:
    return validate_endpoint(text, "https://api.sendgrid.com")


def _parse_mails_per_request(text: object) -> int:
    if re.fullmatch(r"[0-9]{1,4}", str(text)) and 1 <= int(str(text)) <= MAX_MAILS_PER_REQUEST:
        return int(str(text))
    raise ValueError(f"Write a number from 1 to {MAX_MAILS_PER_REQUEST}, like 250.")


def _parse_group(text: object) -> int:
    if re.fullmatch(r"[1-9][0-9]{0,9}", str(text)):
        return int(str(text))
    raise ValueError("Write the number of the unsubscribe group, like 12345.")


Group = Annotated[
    int, BeforeValidator(_parse_group), WithJsonSchema({"type": "integer", "minimum": 1})
]


class SendGrid(ConfigModel):
    """An account at SendGrid."""

    api_key: HeaderSecret
    region: Annotated[
        Literal["global", "eu"], Field(description="Where the account is: ask SendGrid for eu.")
    ] = "global"
    mails_per_request: Annotated[
        int,
        BeforeValidator(_parse_mails_per_request),
        WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_MAILS_PER_REQUEST}),
        Field(description="How many mails travel together, and are in doubt together."),
    ] = 250
    unsubscribe_group: Annotated[
        Group | None,
        Field(description="The group there that customers leave, with unsubscribe by: sendgrid."),
    ] = None
    webhook_key: Annotated[
        Secret | None,
        Field(description="The verification key of signed events, which SendGrid shows."),
    ] = None
    # Only for trying things out against a sandbox server.
    address: Annotated[EnvText, AfterValidator(_parse_address)] | None = None
