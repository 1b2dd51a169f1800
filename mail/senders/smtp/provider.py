"""SMTP as a sender: any mail server of the owner's choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mail.senders.checks import CheckContext, CheckResult
from mail.senders.interview import Interviewer, SendingChoice, TryLogin
from mail.senders.provider import Provider, SenderFolders
from mail.senders.smtp.config import Smtp
from settings.questions import Question

if TYPE_CHECKING:
    from mail.senders.smtp.sender import SmtpSender


class SmtpProvider(Provider[Smtp]):
    name = "smtp"
    title = "your mail server"
    config_model = Smtp
    config_description = "The mail server to send through."
    missing_block = "write which server: smtp: {server: smtp.example.com}."
    in_every_fingerprint = True
    offer = "smtp (your mail server)"
    synonyms = ("mail server", "server")

    def create_sender(self, account: Smtp | None, folders: SenderFolders) -> SmtpSender:
        from mail.senders.smtp.sender import SmtpSender

        assert account is not None  # noqa: S101  # config.yaml is validated
        return SmtpSender(account, folders.journal)

    def host(self, account: Smtp) -> str:
        return account.server

    def unparsed_host(self, block: Mapping[str, Any]) -> object:
        return block.get("server")

    def fingerprint(self, account: Smtp) -> list[Any]:
        return [
            account.server,
            account.effective_port,
            account.effective_encryption,
            account.user,
        ]

    def check_account(self, account: Smtp, context: CheckContext) -> Iterator[CheckResult]:
        yield self.try_login(account, context)

    def try_login(self, account: Smtp, context: CheckContext) -> CheckResult:
        from mail.senders.smtp.check import check_login

        return check_login(account, context.tls_context)

    @property
    def questions(self) -> Sequence[Question]:
        from mail.senders.smtp.interview import QUESTIONS

        return QUESTIONS

    def interview(self, owner: Interviewer, try_login: TryLogin) -> SendingChoice:
        from mail.senders.smtp.interview import ask_mail_server

        return ask_mail_server(owner, try_login)


PROVIDER = SmtpProvider()
