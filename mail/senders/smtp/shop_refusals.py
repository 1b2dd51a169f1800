"""Judges refusals of recipients that are about the sender, a block or a rate.

A relay may say so of itself, and refuses all our mail then; or it passes on what the server of one
provider has answered. The next mail to another provider shows which: it is accepted or refused too.
"""

from __future__ import annotations

from mail.failures.mailbox_providers import mailbox_provider
from mail.senders.protocol import NoSuchAddress, Refused, TemporaryFailure
from mail.senders.smtp.envelope import SmtpMail
from mail.senders.smtp.reply_codes import SmtpReply, refusal_outcome
from settings.errors import UnavailableError


class ShopRefusals:
    """What one delivery has been answered.

    While it is open whom a refusal concerns, further mail of that provider is held. The refused
    mail itself is tried again later.
    """

    def __init__(self) -> None:
        self._suspect: str | None = None  # the provider whose mail was refused last
        self._error: UnavailableError | None = None  # if the refusal concerns the shop
        self._refusing: set[str] = set()  # while they refused, another provider's mail was accepted

    def holds(self, mail: SmtpMail) -> bool:
        """Returns whether `mail` is to the provider of which it is open."""
        return self._suspect is not None and mailbox_provider(mail.to_address) == self._suspect

    def judge(
        self, mail: SmtpMail, reply: SmtpReply, error: UnavailableError
    ) -> TemporaryFailure | NoSuchAddress | Refused:
        """Returns the outcome of `mail`, which was refused; raises `error` where that concerns the
        shop: another provider's mail was refused so before, and none was accepted since.
        """
        provider = mailbox_provider(mail.to_address)
        if provider in self._refusing:
            return refusal_outcome(mail.message_id, reply)
        if self._suspect not in (None, provider):
            raise error
        self._suspect, self._error = provider, error
        return TemporaryFailure(mail.message_id, str(reply), reply.failure.reason)

    def mail_accepted(self, mail: SmtpMail) -> None:
        """Tells that the server has `mail`: what it refuses concerns another provider."""
        if not (self._suspect or self._refusing):
            return
        if self._suspect:
            self._refusing.add(self._suspect)
            self._suspect = None
        self._refusing.discard(mailbox_provider(mail.to_address))

    def end_batch(self) -> None:
        """Raises the error where no later mail has shown that it concerns one provider only."""
        if self._suspect and self._error:
            self._suspect = None
            raise self._error
