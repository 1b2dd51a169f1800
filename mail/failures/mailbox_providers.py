"""Which addresses are at one provider: its servers refuse them alike."""

from __future__ import annotations

import re
from functools import lru_cache

# A provider is named after its best-known domain; all others are their own domain. The patterns
# match whole domains.
PROVIDERS = {
    "gmail.com": r"g(?:oogle)?mail\.com",
    "outlook.com": r"(?:hotmail|outlook|live|msn|windowslive)\.[a-z.]{2,6}",
    "yahoo.com": r"(?:yahoo|ymail|rocketmail)\.[a-z.]{2,6}|aol\.[a-z.]{2,6}|att\.net|verizon\.net"
    r"|sbcglobal\.net|bellsouth\.net",
    "icloud.com": r"icloud\.com|me\.com|mac\.com",
    "gmx.net": r"gmx\.[a-z.]{2,6}|web\.de|mail\.com|1und1\.de|online\.de",
    "t-online.de": r"(?:t-online|magenta)\.de",
    "orange.fr": r"orange\.fr|wanadoo\.fr",
    "free.fr": r"free\.fr|aliceadsl\.fr",
    "libero.it": r"libero\.it|virgilio\.it|inwind\.it|iol\.it|blu\.it|giallo\.it",
    "comcast.net": r"comcast\.net|xfinity\.com",
    "cox.net": r"cox\.net",
    "spectrum.net": r"(?:spectrum|charter|twc|roadrunner)\.[a-z]{2,3}|(?:[a-z]+\.)?rr\.com",
    "btinternet.com": r"btinternet\.com|btopenworld\.com|talk21\.com",
    "sky.com": r"sky\.com",
    "mail.ru": r"(?:mail|inbox|list|bk|internet)\.ru",
    "yandex.ru": r"yandex\.[a-z.]{2,6}|ya\.ru|narod\.ru",
    "qq.com": r"qq\.com|foxmail\.com",
    "163.com": r"163\.com|126\.com|yeah\.net",
    "wp.pl": r"wp\.pl|o2\.pl|tlen\.pl",
    "zoho.com": r"zoho(?:mail)?\.[a-z.]{2,6}",
    "proton.me": r"proton\.me|protonmail\.[a-z]{2,3}|pm\.me",
}
PATTERNS = {name: re.compile(pattern) for name, pattern in PROVIDERS.items()}


def mailbox_provider(address: str) -> str:
    """Returns the name of the provider of `address`, else its domain."""
    return domain_provider(address.rpartition("@")[2])


@lru_cache(4_096)
def domain_provider(domain: str) -> str:
    """Returns the name of the provider that keeps the mailboxes of `domain`, else the domain."""
    domain = domain.lower()
    matching = (name for name, pattern in PATTERNS.items() if pattern.fullmatch(domain))
    return next(matching, domain)
