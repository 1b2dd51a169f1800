"""An environment in which every check passes, to be broken one record at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.config.owner_config import OwnerConfig, load_owner_config
from engine.doctor.dns import DnsError, RecordType
from engine.live.finding import Finding, FindingKind

SHOP = """
shop:
  name: Corner Café
  country: PT
  language: en
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


def load_config(folder: Path, text: str) -> OwnerConfig:
    path = folder / "config.yaml"
    path.write_text(text)
    return load_owner_config(path, SECRETS)


def healthy_records() -> dict[tuple[str, str], list[str]]:
    """DNS records of a correctly configured domain."""
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
class FakeResolver:
    """A resolver that answers from a dictionary and fails for the names in `unanswered`."""

    records: dict[tuple[str, str], list[str]] = field(default_factory=healthy_records)
    unanswered: set[str] = field(default_factory=set)
    queries: list[tuple[str, str]] = field(default_factory=list)

    def query(self, name: str, record_type: RecordType) -> Sequence[str]:
        self.queries.append((name, record_type))
        if name in self.unanswered:
            raise DnsError(f"{name}: Timeout")
        return self.records.get((name, record_type), [])


def messages_of(findings: Sequence[Finding], kind: FindingKind) -> list[str]:
    return [finding.message for finding in findings if finding.kind is kind]


def error_messages(findings: Sequence[Finding]) -> list[str]:
    return messages_of(findings, FindingKind.WRONG)


def warning_messages(findings: Sequence[Finding]) -> list[str]:
    return messages_of(findings, FindingKind.WARNING)
