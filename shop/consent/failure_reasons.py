"""The reasons for which mail is refused, and whom each concerns."""

from __future__ import annotations

from enum import StrEnum


class FailureReason(StrEnum):
    """Why a mail was not delivered, in the owner's words."""

    USER_UNKNOWN = "no such address"
    DOMAIN_UNKNOWN = "no such domain"
    NO_MAIL = "the domain takes no mail"
    MOVED = "the address has moved"
    DISABLED = "the mailbox is disabled"
    MAILBOX_FULL = "the mailbox is full"
    FILTERED = "the recipient does not want it"
    EXPIRED = "it could not be delivered in time"
    NETWORK = "the mail server cannot be reached"
    SERVER = "the mail server has a fault"
    RATE_LIMITED = "too many mails at once"
    BLOCKED = "the sending server is blocked"
    AUTHENTICATION = "the sender is not authenticated (SPF, DKIM, DMARC)"
    SENDER = "the sender is refused"
    RELAYING = "the server does not pass mail on for us"
    POLICY = "against a policy"
    CONTENT = "the content is refused"
    TOO_LARGE = "the mail is too large"
    UNKNOWN = "no reason that is known"


# One permanent refusal for one of these reasons suppresses the address.
ADDRESS_REASONS = frozenset(
    {
        FailureReason.USER_UNKNOWN,
        FailureReason.DOMAIN_UNKNOWN,
        FailureReason.NO_MAIL,
        FailureReason.MOVED,
        FailureReason.DISABLED,
    }
)
# These concern the shop, its mail server or the mail: another recipient would be refused alike.
SHOP_REASONS = frozenset(
    {
        FailureReason.RATE_LIMITED,
        FailureReason.BLOCKED,
        FailureReason.AUTHENTICATION,
        FailureReason.SENDER,
        FailureReason.RELAYING,
        FailureReason.POLICY,
        FailureReason.CONTENT,
        FailureReason.TOO_LARGE,
    }
)
