"""The block `sending:` of config.yaml; each sender adds a block of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, create_model, model_validator

from mail.mailbox.config import Mailbox
from mail.senders.provider import Provider
from mail.senders.registry import REHEARSAL, get_provider, provider_names, providers
from settings.model import ConfigModel
from settings.values import AskAbove, EmailAddress, EmailLimit, HoursOfDay, NamedAddress, TimeOfDay
from settings.yaml.load import Plain, Violation

Account = TypeVar("Account", bound=ConfigModel)


def _provider_channels() -> list[str]:
    return [provider.name for provider in providers() if provider.unsubscribe_placeholder]


if TYPE_CHECKING:
    SenderName = str
    UnsubscribeChannel = str
else:  # the senders that are found decide which names there are
    SenderName = Literal[provider_names()]
    UnsubscribeChannel = Literal[("pages", "mailbox", *_provider_channels())]


class _Through(ConfigModel):
    through: SenderName = REHEARSAL
    folder: str = "outbox"


if TYPE_CHECKING:
    _SenderBlocks = _Through
else:
    _SenderBlocks = create_model(
        "_SenderBlocks",
        __base__=_Through,
        **{
            provider.name: (
                Annotated[
                    provider.config_model | None, Field(description=provider.config_description)
                ],
                None,
            )
            for provider in providers()
            if provider.config_model
        },
    )


def _parse_selector(text: str) -> str:
    """Returns `text` if it is a DKIM selector (RFC 6376 §3.1: labels of a domain name)."""
    if re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", text):
        return text
    raise ValueError("Write the selector alone, like s1 or google.")


class Sending(_SenderBlocks):
    """How mail leaves the shop, and how much of it."""

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
        UnsubscribeChannel | None,
        Field(description="Where a customer's no arrives; pages if there is a public address."),
    ] = None
    mailbox: Annotated[Mailbox | None, Field(description="Where mails come back to.")] = None
    quiet_hours: HoursOfDay | None = None
    usual_time: Annotated[
        TimeOfDay | None,
        Field(description="When mail goes that has a day of its own but no hour."),
    ] = None
    no_more_than: EmailLimit | None = None
    no_more_service_mail_than: Annotated[
        EmailLimit, Field(description="The same for service mails: apologies, points that end.")
    ] = EmailLimit.parse("3 emails per 7 days")
    ask_me_above: AskAbove = AskAbove.parse("50 or 5 %")

    @property
    def is_live(self) -> bool:
        """Whether customers get the mails, and not only the addresses of `only to:`."""
        return get_provider(self.through).reaches_people and not self.only_to

    @property
    def account(self) -> Any:
        """The block of the sender named by `through:`; None where that needs none."""
        return getattr(self, self.through, None)

    def accounts(self) -> list[tuple[Provider[Any], Any]]:
        """The senders with a block in the file, whether or not mail goes through them."""
        blocks = ((provider, getattr(self, provider.name, None)) for provider in providers())
        return [(provider, account) for provider, account in blocks if account is not None]

    def block(self, model: type[Account]) -> Account | None:
        """The sender's block of this `model`, whether or not mail goes through it."""
        accounts = (account for _, account in self.accounts())
        return next((account for account in accounts if isinstance(account, model)), None)

    @property
    def unsubscribe_placeholder(self) -> str | None:
        """The URL that the provider replaces by its own link; None unless customers unsubscribe
        there.
        """
        channel = self.unsubscribe_by
        if channel is None or channel not in _provider_channels():
            return None
        return get_provider(channel).unsubscribe_placeholder

    @model_validator(mode="after")
    def _check_provider_block(self) -> Self:
        """Blocks of other senders may stay in the file: `through:` alone switches between them."""
        quiet_hours = self.quiet_hours
        if quiet_hours and self.usual_time and quiet_hours.covers(self.usual_time):
            raise ValueError(
                f"usual time: {self.usual_time:%H:%M} lies in the quiet hours: {quiet_hours}. Such "
                "mail would never go. Choose a time outside."
            )
        provider = get_provider(self.through)
        if provider.config_model and self.account is None:
            raise ValueError(f"To send through: {self.through}, {provider.missing_block}")
        return self


def check_unsubscribe_channel(plain: Plain) -> Iterable[Violation]:
    """Finds a channel in the unvalidated `plain` file that lacks what it leads to."""
    shop, sending = _block(plain, "shop"), _block(plain, "sending")
    channel = sending.get("unsubscribe by")
    if channel == "pages" and "public address" not in shop:
        yield Violation(
            ("sending", "unsubscribe by"),
            "A page needs an address: write shop: public address, or unsubscribe by: mailbox.",
        )
    if channel == "mailbox" and "mailbox" not in sending:
        yield Violation(
            ("sending", "unsubscribe by"),
            "Write which mailbox: a block mailbox: in sending. Or take this line out: then such"
            " mails go to your reply to address, and you act on them yourself.",
        )
    if channel in _provider_channels() and (problem := _provider_channel_error(channel, sending)):
        yield Violation(("sending", "unsubscribe by"), problem)


def _provider_channel_error(channel: str, sending: Mapping[str, Any]) -> str | None:
    """A rehearsal reaches no customer, so it needs no account at the provider."""
    through, provider = sending.get("through", REHEARSAL), get_provider(channel)
    if through == channel:
        return provider.unsubscribe_error(_block(sending, channel))
    if through in provider_names() and get_provider(through).reaches_people:
        return (
            f"{provider.title} takes a no only to mails it sent: write through: {channel}, or"
            " unsubscribe by: pages or mailbox."
        )
    return None


def _block(plain: Any, key: str) -> Mapping[str, Any]:
    block = plain.get(key) if isinstance(plain, Mapping) else None
    return block if isinstance(block, Mapping) else {}
