"""A world in which all is well with the Corner Café, to be spoilt one thing at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.config.owner_config import OwnersFile, read_owners_file
from engine.doctor.dns import Sort, Unanswered
from engine.live.finding import Finding, Kind

SHOP = """
shop:
  name: Corner Café
  country: PT
  currency: EUR
  timezone: Europe/Lisbon
  reply to: ana@cornercafe.com
  postal address: Rua das Flores 12, 1200-192 Lisboa
  public address: https://mail.cornercafe.com
"""
THROUGH_SMTP = """
sending:
  through: smtp
  smtp: {server: smtp.cornercafe.com, user: ana, password: $PASSWORD}
  dkim selector: corner
  from: Ana at Corner Café <ana@cornercafe.com>
"""
THROUGH_SENDGRID = """
sending:
  through: sendgrid
  sendgrid: {api key: $KEY}
  from: Ana at Corner Café <ana@cornercafe.com>
"""
SECRETS = {"PASSWORD": "flat white", "KEY": "SG.look-alike", "HOOK": "a key"}
CAFE = "cornercafe.com"


def file_of(folder: Path, text: str) -> OwnersFile:
    path = folder / "config.yaml"
    path.write_text(text)
    return read_owners_file(path, SECRETS)


def published() -> dict[tuple[str, str], list[str]]:
    """What the café's domain says when all is well."""
    return {
        (CAFE, "TXT"): ["v=spf1 mx include:sendgrid.net ~all", "google-site-verification=x"],
        ("sendgrid.net", "TXT"): ["v=spf1 ip4:167.89.0.0/17 ~all"],
        (CAFE, "MX"): [f"10 mx.{CAFE}"],
        (f"corner._domainkey.{CAFE}", "TXT"): ["v=DKIM1; k=rsa; p=MIIB"],
        (f"s1._domainkey.{CAFE}", "CNAME"): ["s1.domainkey.u123.wl.sendgrid.net"],
        (f"s2._domainkey.{CAFE}", "CNAME"): ["s2.domainkey.u123.wl.sendgrid.net"],
        (f"_dmarc.{CAFE}", "TXT"): ["v=DMARC1; p=none; rua=mailto:ana@cornercafe.com"],
        ("gmail.com", "MX"): ["5 gmail-smtp-in.l.google.com"],
        (f"mail.{CAFE}", "A"): ["93.184.215.14"],
    }


@dataclass
class Published:
    """Names that answer from a dictionary, and may be struck dumb."""

    rows: dict[tuple[str, str], list[str]] = field(default_factory=published)
    dumb: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, name: str, sort: Sort) -> Sequence[str]:
        self.asked.append((name, sort))
        if name in self.dumb:
            raise Unanswered(f"{name}: Timeout")
        return self.rows.get((name, sort), [])


def of_kind(findings: Sequence[Finding], kind: Kind) -> list[str]:
    return [one.what for one in findings if one.kind is kind]


def wrong(findings: Sequence[Finding]) -> list[str]:
    return of_kind(findings, Kind.WRONG)


def warned(findings: Sequence[Finding]) -> list[str]:
    return of_kind(findings, Kind.WARNING)
