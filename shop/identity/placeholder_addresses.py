"""Addresses that are typed to fill a field: noemail@noemail.com, test@test.com, a@a.a.

They are nobody's: no mail goes there, and they join no records. `example.com` is not among them,
for demos and tests use it, nor is a name that a person may have, such as ana@ana.example.
"""

from __future__ import annotations

import re
from functools import lru_cache

from settings.email_address import address_key

SEPARATORS = re.compile(r"[-_.+]")
# Before the @, whatever the domain: nobody reads them.
NOBODY = frozenset(
    (
        "noemail", "noemailaddress", "nomail", "noaddress", "nocustomeremail", "noemailgiven",
        "noemailprovided", "notgiven", "notprovided", "notavailable", "notapplicable",
        "donthaveone", "doesnothave", "declined", "refused", "withoutemail", "emptyemail",
        "noreply", "donotreply", "dontreply", "nichtantworten", "keineemail", "keinemail",
        "keine", "ohneemail", "sememail", "semmail", "naotem", "sinemail", "sincorreo", "notiene",
        "pasdemail", "pasdemel", "sansemail", "sansmail", "nessunamail", "senzaemail", "nonha",
        "geenemail", "geenmail", "walkin", "walkincustomer", "unknowncustomer", "guestcustomer",
        "placeholder", "fakeemail", "dummyemail",
    )
)  # fmt: skip
# Before the @, with a domain of the same name or one of `BLANKS`.
FILLERS = frozenset(
    (
        "a", "aa", "aaa", "abc", "abcd", "abcde", "qwe", "qwer", "xyz", "123", "1234", "12345",
        "email", "mail", "user", "name", "customer", "client", "cliente", "kunde", "guest", "gast",
        "walk", "default", "temp", "shop", "store", "pos", "till", "cash", "prova", "prueba",
    )
)  # fmt: skip
# Names and domains that say that there is nothing.
BLANKS = frozenset(
    (
        *NOBODY, "none", "no", "na", "nil", "null", "nobody", "noone", "empty", "blank", "unknown",
        "anonymous", "anon", "noname", "invalid", "test", "tests", "teste", "testing", "tester",
        "testtest", "fake", "dummy", "sample", "foo", "bar", "foobar", "asd", "asdf", "asdfg",
        "qwerty", "nao", "nein", "non",
    )
)  # fmt: skip
# Domains that carry no mailbox of a customer.
EMPTY_DOMAINS = frozenset(("noemail", "nomail", "noaddress", "noreply", "placeholder"))


@lru_cache(maxsize=4096)
def is_placeholder(address: str) -> bool:
    """Whether `address` is one that is typed where there is none."""
    local, _, domain = (address_key(address) or "").rpartition("@")
    labels = [label for label in domain.split(".") if label != "www"]
    name, site = SEPARATORS.sub("", local), SEPARATORS.sub("", labels[0])
    return (
        name in NOBODY
        or site in EMPTY_DOMAINS
        or (name in FILLERS and name == site)
        or (name in FILLERS | BLANKS and site in BLANKS)
        or (len(set(name)) == len(set(site)) == 1 and name[0] == site[0])
    )
