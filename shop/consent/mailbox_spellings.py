"""Which spellings of an address reach one mailbox, as far as providers document it.

Only for limits on what strangers may cause: customers are told apart by their address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shop.identity.customers import email_key


@dataclass(frozen=True)
class Provider:
    """A provider of mailboxes: one of its domains, and the characters that it ignores."""

    domain: str
    ignored: str = ""


# Gmail: support.google.com/mail/answer/7436150. Proton: proton.me/support/addresses-and-aliases.
# Yandex: yandex.com/support/mail (a dot is a hyphen there). Apple: support.apple.com/en-us/102540.
_GMAIL, _PROTON = Provider("gmail.com", "."), Provider("proton.me", ".-_")
_YANDEX, _APPLE = Provider("yandex.ru", ".-"), Provider("icloud.com")
PROVIDERS: Mapping[str, Provider] = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), _GMAIL),
    **dict.fromkeys(("proton.me", "protonmail.com", "protonmail.ch", "pm.me"), _PROTON),
    **dict.fromkeys(
        ("yandex.ru", "ya.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua"), _YANDEX
    ),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), _APPLE),
}


def mailbox_of(address: str) -> str:
    """Returns what all spellings of the mailbox of `address` have in common.

    The +tag is left out for every provider: at most of them it reaches the same mailbox. A
    spelling that its own server alone could tell is another mailbox.
    """
    name, at, domain = (email_key(address) or "").rpartition("@")
    name = name.partition("+")[0]
    provider = PROVIDERS.get(domain)
    if provider is None:
        return f"{name}{at}{domain}"
    kept = name.translate({ord(character): None for character in provider.ignored})
    return f"{kept}{at}{provider.domain}"


def domains_of(mailbox: str) -> list[str]:
    """Returns the domains under which `mailbox`, from `mailbox_of`, may be written."""
    domain = mailbox.rpartition("@")[2]
    return [name for name, provider in PROVIDERS.items() if provider.domain == domain] or [domain]
