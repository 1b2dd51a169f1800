"""The doctor's checks of SPF, DKIM, DMARC and MX."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.owner_config import OwnerConfig
from engine.doctor.domain import check_domain, parent_domains
from engine.doctor.spf import fetch_spf
from engine.live.finding import Finding
from tests.engine.doctor.healthy_domain import (
    CAFE,
    SHOP,
    THROUGH_SENDGRID,
    THROUGH_SMTP,
    FakeResolver,
    error_messages,
    load_config,
    warning_messages,
)


@pytest.fixture
def resolver() -> FakeResolver:
    return FakeResolver()


@pytest.fixture
def smtp(tmp_path: Path) -> OwnerConfig:
    return load_config(tmp_path, SHOP + THROUGH_SMTP)


@pytest.fixture
def sendgrid(tmp_path: Path) -> OwnerConfig:
    return load_config(tmp_path, SHOP + THROUGH_SENDGRID)


def finding_text(findings: list[Finding], word: str) -> str:
    [finding] = [candidate for candidate in findings if word in candidate.message]
    return f"{finding.kind}: {finding.message} {finding.remedy}"


def test_a_correct_domain_passes_all_checks(
    resolver: FakeResolver, smtp: OwnerConfig, sendgrid: OwnerConfig
) -> None:
    for config in (smtp, sendgrid):
        findings = check_domain(config, resolver)
        assert {finding.kind for finding in findings} == {"ok"}
        assert all(
            any(topic in finding.message for finding in findings)
            for topic in ("SPF", "DKIM", "DMARC")
        )


def test_missing_spf_is_an_error_for_smtp_and_a_warning_for_sendgrid(
    resolver: FakeResolver, smtp: OwnerConfig, sendgrid: OwnerConfig
) -> None:
    resolver.records[CAFE, "TXT"] = ["google-site-verification=x"]
    assert finding_text(check_domain(smtp, resolver), "SPF").startswith("wrong")
    assert finding_text(check_domain(sendgrid, resolver), "SPF").startswith("warning")


def test_two_spf_records_are_an_error(resolver: FakeResolver, smtp: OwnerConfig) -> None:
    resolver.records[CAFE, "TXT"] = ["v=spf1 mx ~all", "V=SPF1 a -all", "v=spf10 other"]
    assert "2 SPF records" in error_messages(check_domain(smtp, resolver))[0]


@pytest.mark.parametrize("end", ["+all", "all", "ALL"])
def test_spf_that_allows_all_servers_is_an_error(
    resolver: FakeResolver, smtp: OwnerConfig, end: str
) -> None:
    resolver.records[CAFE, "TXT"] = [f"v=spf1 mx {end}"]
    [message] = error_messages(check_domain(smtp, resolver))
    assert "lets everybody" in message


@pytest.mark.parametrize("end", ["", "?all"])
def test_spf_without_a_default_is_a_warning(
    resolver: FakeResolver, smtp: OwnerConfig, end: str
) -> None:
    resolver.records[CAFE, "TXT"] = [f"v=spf1 mx {end}"]
    assert any(
        "says nothing of other servers" in message
        for message in warning_messages(check_domain(smtp, resolver))
    )


def test_spf_allows_ten_lookups_and_no_more(resolver: FakeResolver, smtp: OwnerConfig) -> None:
    for number in range(10):
        resolver.records[f"s{number}.com", "TXT"] = ["v=spf1 ip4:192.0.2.1 -all"]
    includes = " ".join(f"include:s{number}.com" for number in range(10))
    resolver.records[CAFE, "TXT"] = [f"v=spf1 {includes} ip4:192.0.2.7 -all"]
    assert error_messages(check_domain(smtp, resolver)) == []
    resolver.records[CAFE, "TXT"] = [f"v=spf1 {includes} a -all"]
    assert "over 10 lookups" in error_messages(check_domain(smtp, resolver))[0]


def test_lookups_of_includes_count_and_cycles_end(resolver: FakeResolver) -> None:
    resolver.records[CAFE, "TXT"] = ["v=spf1 include:a.com -all"]
    resolver.records["a.com", "TXT"] = ["v=spf1 include:b.com mx redirect=c.com"]
    resolver.records["b.com", "TXT"] = [f"v=spf1 include:{CAFE} exists:%{{i}}.b.com -all"]
    resolver.records["c.com", "TXT"] = ["v=spf1 a/24 ptr:b.com ip6:2001:db8::/32 -all"]
    spf_record = fetch_spf(CAFE, resolver)
    assert (spf_record.lookups, spf_record.missing_includes) == (8, [])


def test_an_include_without_a_record_is_an_error(resolver: FakeResolver, smtp: OwnerConfig) -> None:
    resolver.records[CAFE, "TXT"] = ["v=spf1 mx include:gone.com ~all"]
    assert "names gone.com, which has none" in error_messages(check_domain(smtp, resolver))[0]


@pytest.mark.parametrize(
    ("server", "record", "named"),
    [
        ("smtp.gmail.com", "v=spf1 include:_spf.google.com ~all", True),
        ("smtp.office365.com", "v=spf1 include:spf.protection.outlook.com -all", True),
        ("mail.host.com", "v=spf1 include:spf.host.com -all", True),
        ("mail.host.com", "v=spf1 mx ip4:192.0.2.1 -all", False),
    ],
)
def test_spf_should_name_the_mail_server(
    resolver: FakeResolver, tmp_path: Path, server: str, record: str, named: bool
) -> None:
    resolver.records[CAFE, "TXT"] = [record]
    for included in ("_spf.google.com", "spf.protection.outlook.com", "spf.host.com"):
        resolver.records[included, "TXT"] = ["v=spf1 ip4:192.0.2.1 -all"]
    text = THROUGH_SMTP.replace("smtp.cornercafe.com", server)
    messages = warning_messages(check_domain(load_config(tmp_path, SHOP + text), resolver))
    assert any("does not seem to name" in message for message in messages) is not named


def test_missing_sendgrid_dkim_is_an_error(resolver: FakeResolver, sendgrid: OwnerConfig) -> None:
    for selector in ("s1", "s2"):
        del resolver.records[f"{selector}._domainkey.{CAFE}", "CNAME"]
    text = finding_text(check_domain(sendgrid, resolver), "DKIM")
    assert text.startswith("wrong")
    assert "Sender Authentication" in text


def test_smtp_without_a_dkim_selector_is_a_warning(resolver: FakeResolver, tmp_path: Path) -> None:
    without_selector = THROUGH_SMTP.replace("  dkim selector: corner\n", "")
    text = finding_text(
        check_domain(load_config(tmp_path, SHOP + without_selector), resolver), "DKIM"
    )
    assert text.startswith("warning")
    assert "Show original" in text


@pytest.mark.parametrize(
    ("key", "expected"), [([], "is not there"), (["v=DKIM1; p="], "is withdrawn")]
)
def test_a_missing_or_revoked_dkim_key_is_an_error(
    resolver: FakeResolver, smtp: OwnerConfig, key: list[str], expected: str
) -> None:
    resolver.records[f"corner._domainkey.{CAFE}", "TXT"] = key
    assert expected in error_messages(check_domain(smtp, resolver))[0]


def test_a_custom_selector_at_sendgrid_is_checked(resolver: FakeResolver, tmp_path: Path) -> None:
    for selector in ("s1", "s2"):
        del resolver.records[f"{selector}._domainkey.{CAFE}", "CNAME"]
    config = load_config(tmp_path, SHOP + THROUGH_SENDGRID + "  dkim selector: corner\n")
    assert error_messages(check_domain(config, resolver)) == []


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], "does not say what to do"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "2 DMARC records"),
        (["v=DMARC1; p=maybe"], "p=maybe"),
        (["v=DMARC1; rua=mailto:x@y.z"], "p="),
    ],
)
def test_a_missing_or_invalid_dmarc_policy_is_an_error(
    resolver: FakeResolver, smtp: OwnerConfig, records: list[str], expected: str
) -> None:
    resolver.records[f"_dmarc.{CAFE}", "TXT"] = records
    assert expected in error_messages(check_domain(smtp, resolver))[0]


def test_the_parent_domains_dmarc_policy_applies(resolver: FakeResolver, tmp_path: Path) -> None:
    subdomain = f"news.{CAFE}"
    for (name, record_type), row in list(resolver.records.items()):
        if name == CAFE or name.startswith("corner."):
            resolver.records[name.replace(CAFE, subdomain), record_type] = row
    text = THROUGH_SMTP.replace("<ana@", "<ana@news.")
    config = load_config(tmp_path, SHOP + text)
    assert error_messages(check_domain(config, resolver)) == []
    resolver.records[f"_dmarc.{CAFE}", "TXT"] = ["v=DMARC1; p=reject; sp=nonsense"]
    assert "p=nonsense" in error_messages(check_domain(config, resolver))[0]
    assert parent_domains("a.b.c.pt") == ["a.b.c.pt", "b.c.pt", "c.pt"]


def test_domains_for_bounces_and_replies_need_mx(resolver: FakeResolver, tmp_path: Path) -> None:
    config = load_config(tmp_path, SHOP.replace("ana@corner", "ana@other") + THROUGH_SMTP)
    resolver.records[CAFE, "MX"] = ["0 ."]
    resolver.records["othercafe.com", "A"] = ["93.184.215.14"]
    findings = check_domain(config, resolver)
    assert any("comes back" in message for message in error_messages(findings))
    assert any(
        "othercafe.com does not say who takes its mail" in message
        for message in warning_messages(findings)
    )
    del resolver.records["othercafe.com", "A"]
    assert any(
        "answers arrive nowhere" in message
        for message in error_messages(check_domain(config, resolver))
    )


def test_a_freemail_sender_is_the_only_error(resolver: FakeResolver, tmp_path: Path) -> None:
    text = (SHOP + THROUGH_SMTP).replace("<ana@cornercafe.com>", "<cafe@gmail.com>")
    config = load_config(tmp_path, text + "  only to: [ana@cornercafe.com]\n")
    assert error_messages(check_domain(config, resolver)) == ["Your mails are from gmail.com."]
    assert resolver.queries == []


def test_a_failed_lookup_hides_no_other_result(resolver: FakeResolver, smtp: OwnerConfig) -> None:
    resolver.unanswered = {f"_dmarc.{CAFE}"}
    [message] = error_messages(check_domain(smtp, resolver))
    assert "no answer" in message
    assert len(check_domain(smtp, resolver)) == 4


def test_a_firewall_that_blocks_dns_is_reported_as_such(smtp: OwnerConfig) -> None:
    [message] = error_messages(check_domain(smtp, FakeResolver(records={})))
    assert "not even gmail.com" in message
    gmail_only = FakeResolver(records={("gmail.com", "MX"): ["5 mx.google.com"]})
    assert len(error_messages(check_domain(smtp, gmail_only))) == 4


def test_international_domains_are_looked_up_in_idna_form(
    resolver: FakeResolver, tmp_path: Path
) -> None:
    text = (SHOP + THROUGH_SMTP).replace("<ana@cornercafe.com>", "<ana@cornercafé.com>")
    check_domain(load_config(tmp_path, text), resolver)
    assert ("xn--cornercaf-j4a.com", "TXT") in resolver.queries
