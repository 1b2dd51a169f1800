"""SendGrid as a sender: its account, checks, webhook, suppression lists and questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mail.senders.checks import CheckContext, CheckResult
from mail.senders.interview import Interviewer, SendingChoice, TryLogin
from mail.senders.provider import DkimDelegation, Provider, SenderFolders
from mail.senders.sendgrid.config import PLACEHOLDER_URL, SendGrid
from settings.questions import Question

if TYPE_CHECKING:
    import httpx

    from mail.senders.sendgrid.sender import SendGridSender
    from mail.senders.suppressions import SuppressionLists
    from mail.senders.webhook import Webhook

API_URL = "https://api.sendgrid.com"


class SendGridProvider(Provider[SendGrid]):
    name = "sendgrid"
    title = "SendGrid"
    config_model = SendGrid
    config_description = "The account at SendGrid to send through."
    missing_block = "write your account: sendgrid: {api key: $SENDGRID_API_KEY}."
    unsubscribe_placeholder = PLACEHOLDER_URL
    in_every_fingerprint = True
    offer = "sendgrid"
    dkim = DkimDelegation(
        selectors=("s1", "s2"),  # unless its user chose another
        target="sendgrid.net",
        remedy="At SendGrid, under Settings → Sender Authentication, authenticate {domain}, and"
        " enter the records it shows where your domain is kept.",
    )

    def create_sender(self, account: SendGrid | None, folders: SenderFolders) -> SendGridSender:
        from mail.senders.sendgrid.sender import SendGridSender

        assert account is not None  # noqa: S101  # config.yaml is validated
        return SendGridSender(account, folders.journal)

    def host(self, account: SendGrid) -> str | None:
        return urlsplit(account.address or API_URL).hostname

    def unparsed_host(self, block: Mapping[str, Any]) -> object:
        return block.get("address", API_URL)

    def mails_per_request(self, account: SendGrid) -> int:
        return account.mails_per_request

    def api_url(self, account: SendGrid) -> str:
        return f"https://{self.host(account)}/"

    def fingerprint(self, account: SendGrid) -> list[Any]:
        return [account.region, account.address, account.unsubscribe_group]

    def unsubscribe_error(self, block: Mapping[str, Any]) -> str | None:
        if "unsubscribe group" in block:
            return None
        return (
            "Write which group customers leave there: unsubscribe group: 12345, in the block"
            " sendgrid. SendGrid shows the number beside the group's name."
        )

    def check_account(self, account: SendGrid, context: CheckContext) -> Iterator[CheckResult]:
        from mail.senders.sendgrid.check import check_account

        return check_account(account, context)

    def try_login(self, account: SendGrid, context: CheckContext) -> CheckResult:
        from mail.senders.sendgrid.check import check_key

        return check_key(account, context.http)

    def webhook(self, account: SendGrid) -> Webhook | None:
        if account.webhook_key is None:
            return None
        from mail.senders.sendgrid.webhook import SendGridWebhook

        return SendGridWebhook(account.webhook_key.reveal())

    def webhook_remark(self, account: SendGrid) -> str | None:
        if account.webhook_key is not None:
            return None
        return "SendGrid is not heard: there is no webhook key under sending → sendgrid."

    def open_suppressions(
        self, account: SendGrid, transport: httpx.BaseTransport | None = None
    ) -> AbstractContextManager[SuppressionLists] | None:
        if account.unsubscribe_group is None:
            return None
        from mail.senders.sendgrid.suppressions import open_suppression_lists

        return open_suppression_lists(account, account.unsubscribe_group, transport=transport)

    @property
    def questions(self) -> Sequence[Question]:
        from mail.senders.sendgrid.interview import QUESTIONS

        return QUESTIONS

    def interview(self, owner: Interviewer, try_login: TryLogin) -> SendingChoice:
        from mail.senders.sendgrid.interview import ask_account

        return ask_account(owner, try_login)


PROVIDER = SendGridProvider()
