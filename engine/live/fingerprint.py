"""Where mail is handed over, and a fingerprint of the settings a doctor's result applies to."""

from __future__ import annotations

import hashlib
import json

from engine.config.owner_config import OwnerConfig
from engine.live.network import is_loopback
from mail.senders.registry import get_provider, providers


def delivers_locally(config: OwnerConfig) -> bool:
    """Whether mail goes to a folder or to a mail server on this machine, so that no customer
    receives it.
    """
    host = transport_host(config)
    return host is None or is_loopback(host)


def transport_host(config: OwnerConfig) -> str | None:
    """Returns the host that mail is handed to; None where it is written to a folder."""
    sending = config.sending
    return get_provider(sending.through).host(sending.account) if sending.account else None


def unsubscribes_by_page(config: OwnerConfig) -> bool:
    """Whether customers unsubscribe on the shop's own page."""
    return bool(config.shop.public_address) and config.sending.unsubscribe_by in (None, "pages")


def settings_fingerprint(config: OwnerConfig) -> str:
    """Return a SHA-256 digest of the settings that deliverability depends on.

    Passwords are not included: changing one needs no new examination, and a digest of one could be
    brute-forced.
    """
    sending = config.sending
    settings = {
        "from": sending.from_.address,
        "reply to": config.shop.reply_to,
        "public address": config.shop.public_address,
        "unsubscribe by": config.sending.unsubscribe_by,
        "through": sending.through,
        **{
            provider.name: provider.fingerprint(sending.account)
            if sending.account and provider.name == sending.through
            else None
            for provider in providers()
            if provider.config_model
            and (provider.in_every_fingerprint or provider.name == sending.through)
        },
    }
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
