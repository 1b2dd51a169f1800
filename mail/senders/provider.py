"""What a sender's folder offers to the rest of the product, as one object.

Each folder below `mail/senders/` with a module `provider` is a sender: `registry.py` finds it by
its `PROVIDER`. Only `name` and `create_sender` are needed; every other part has a default that
means "this sender has no such thing". No code outside of the folder names the sender.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mail.senders.checks import CheckContext, CheckResult
from mail.senders.interview import Interviewer, SendingChoice, TryLogin
from mail.senders.protocol import Sender
from settings.model import ConfigModel
from settings.questions import Question

if TYPE_CHECKING:
    import httpx

    from mail.senders.suppressions import SuppressionLists
    from mail.senders.webhook import Webhook

Account = TypeVar("Account", bound=ConfigModel)


@dataclass(frozen=True)
class SenderFolders:
    """Where a sender may keep files."""

    outbox: Path  # `folder:` of `sending:`
    journal: Path


@dataclass(frozen=True)
class DkimDelegation:
    """A provider that signs with keys of its own: CNAME records of `selectors` lead to `target`."""

    selectors: Sequence[str]
    target: str
    remedy: str  # how to make those records; holds {domain}


class Provider(Generic[Account]):
    """One way to send. `account` is the sender's block in `sending:`, a `config_model`."""

    name: str
    """What the owner writes after `through:`, and the name of the block in `sending:`."""

    title: str
    """As sentences name it: your mail server."""

    config_model: type[Account] | None = None
    config_description: str = ""
    missing_block: str = ""
    """What to write where `through:` names this sender and its block is missing."""

    reaches_people: bool = True
    """Whether customers get what is sent; else it is only rehearsed."""

    in_every_fingerprint: bool = False
    """Whether the stored fingerprints of shops with another sender name this one too. Those of
    version 0.1.0 do; a new sender must not, or every shop would need a new `regulars doctor`."""

    dkim: DkimDelegation | None = None

    unsubscribe_placeholder: str | None = None
    """Set where customers can unsubscribe at the provider (`unsubscribe by: <name>`): the URL that
    mails are written with, which the sender replaces by the provider's own link."""

    offer: str = ""
    """How `regulars init` offers this sender: smtp (your mail server)."""

    synonyms: Sequence[str] = ()
    """What an owner may write instead of `name` in `regulars init`."""

    @property
    def questions(self) -> Sequence[Question]:
        """Everything that `interview` may ask."""
        return ()

    def create_sender(self, account: Account | None, folders: SenderFolders) -> Sender:
        """The sender for this `account`; opens nothing yet."""
        raise NotImplementedError

    def host(self, account: Account) -> str | None:
        """The host that mail is handed to; None where mail does not leave this machine."""
        return None

    def unparsed_host(self, block: Mapping[str, Any]) -> object:
        """The same of a `block` as it stands in config.yaml, before it is validated."""
        return None

    def mails_per_request(self, account: Account) -> int:
        """How many mails go in one request, at most."""
        return 1

    def api_url(self, account: Account) -> str | None:
        """An HTTPS URL of the provider that answers to anyone, with a Date header."""
        return None

    def fingerprint(self, account: Account) -> list[Any]:
        """The settings that deliverability depends on, without secrets; JSON values."""
        return []

    def unsubscribe_error(self, block: Mapping[str, Any]) -> str | None:
        """What the unvalidated `block` lacks for unsubscribing at the provider."""
        return None

    def check_account(self, account: Account, context: CheckContext) -> Iterator[CheckResult]:
        """Everything `regulars doctor` checks of this account; sends no mail."""
        return iter(())

    def try_login(self, account: Account, context: CheckContext) -> CheckResult:
        """Whether the credentials are accepted; sends no mail."""
        raise NotImplementedError

    def webhook(self, account: Account) -> Webhook | None:
        """The webhook of this `account`; None where it has no key to verify events with.

        Raises OwnerFileError where the key is none.
        """
        return None

    def webhook_remark(self, account: Account) -> str | None:
        """What to tell the owner where events of this `account` cannot be received."""
        return None

    def open_suppressions(
        self, account: Account, transport: httpx.BaseTransport | None = None
    ) -> AbstractContextManager[SuppressionLists] | None:
        """The provider's suppression lists; None where this `account` has none to read."""
        return None

    def interview(self, owner: Interviewer, try_login: TryLogin) -> SendingChoice:
        """Asks the owner for this sender's settings, and tries them with `try_login`."""
        return SendingChoice(self.name)
