"""Freemail domains, which cannot be used as a sender.

Their DMARC policies make receivers reject mail in their name from other servers.
"""

from __future__ import annotations

import re

# Providers with a domain per country: hotmail.fr, yahoo.co.uk, gmx.at.
DOMAIN_PATTERN = re.compile(
    r"(?:aol|gmx|hotmail|live|outlook|windowslive|yahoo|yandex)"
    r"\.(?:com|[a-z]{2}|com?\.[a-z]{2})"
)
DOMAIN_LIST = (
    "126.com 163.com alice.it att.net bellsouth.net bk.ru bluewin.ch bol.com.br btinternet.com "
    "clix.pt comcast.net cox.net fastmail.com free.fr freenet.de gmail.com gmx.net "
    "googlemail.com hey.com icloud.com inbox.ru interia.pl iol.pt kpnmail.nl laposte.net "
    "libero.it list.ru mac.com mail.com mail.pt mail.ru me.com msn.com naver.com netcabo.pt "
    "o2.pl onet.pl op.pl orange.fr pm.me proton.me protonmail.com qq.com rediffmail.com "
    "rocketmail.com sapo.pt seznam.cz sfr.fr sky.com skynet.be t-online.de telenet.be "
    "terra.com.br terra.es tin.it tiscali.it tuta.com tutanota.com uol.com.br verizon.net "
    "virgilio.it wanadoo.fr web.de wp.pl ya.ru ymail.com ziggo.nl zohomail.com"
)
DOMAINS = frozenset(DOMAIN_LIST.split())


def is_freemail(domain: str) -> bool:
    """Whether `domain` belongs to a freemail provider; case and a trailing dot do not matter."""
    domain = domain.casefold().rstrip(".")
    return domain in DOMAINS or bool(DOMAIN_PATTERN.fullmatch(domain))
