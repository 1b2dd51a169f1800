"""What the domain of the sender publishes."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.owner_config import OwnersFile
from engine.doctor.domain import look, parents
from engine.doctor.spf import spf_of
from engine.live.finding import Finding
from tests.engine.doctor.world import (
    CAFE,
    SHOP,
    THROUGH_SENDGRID,
    THROUGH_SMTP,
    Published,
    file_of,
    warned,
    wrong,
)


@pytest.fixture
def names() -> Published:
    return Published()


@pytest.fixture
def smtp(tmp_path: Path) -> OwnersFile:
    return file_of(tmp_path, SHOP + THROUGH_SMTP)


@pytest.fixture
def sendgrid(tmp_path: Path) -> OwnersFile:
    return file_of(tmp_path, SHOP + THROUGH_SENDGRID)


def about(findings: list[Finding], word: str) -> str:
    [found] = [one for one in findings if word in one.what]
    return f"{found.kind}: {found.what} {found.remedy}"


def test_all_is_well_and_said_to_be(
    names: Published, smtp: OwnersFile, sendgrid: OwnersFile
) -> None:
    for file in (smtp, sendgrid):
        found = look(file, names)
        assert {one.kind for one in found} == {"ok"}
        assert all(any(word in one.what for one in found) for word in ("SPF", "DKIM", "DMARC"))


def test_without_spf_mail_through_a_server_of_ones_own_is_not_believed(
    names: Published, smtp: OwnersFile, sendgrid: OwnersFile
) -> None:
    names.rows[CAFE, "TXT"] = ["google-site-verification=x"]
    assert about(look(smtp, names), "SPF").startswith("wrong")
    assert about(look(sendgrid, names), "SPF").startswith("warning")


def test_two_spf_records_are_none(names: Published, smtp: OwnersFile) -> None:
    names.rows[CAFE, "TXT"] = ["v=spf1 mx ~all", "V=SPF1 a -all", "v=spf10 other"]
    assert "2 SPF records" in wrong(look(smtp, names))[0]


@pytest.mark.parametrize("end", ["+all", "all", "ALL"])
def test_spf_that_lets_everybody_send_is_wrong(
    names: Published, smtp: OwnersFile, end: str
) -> None:
    names.rows[CAFE, "TXT"] = [f"v=spf1 mx {end}"]
    [said] = wrong(look(smtp, names))
    assert "lets everybody" in said


@pytest.mark.parametrize("end", ["", "?all"])
def test_spf_that_is_silent_about_strangers_is_remarked(
    names: Published, smtp: OwnersFile, end: str
) -> None:
    names.rows[CAFE, "TXT"] = [f"v=spf1 mx {end}"]
    assert any("says nothing of other servers" in one for one in warned(look(smtp, names)))


def test_ten_lookups_are_allowed_and_eleven_are_not(names: Published, smtp: OwnersFile) -> None:
    for number in range(10):
        names.rows[f"s{number}.com", "TXT"] = ["v=spf1 ip4:192.0.2.1 -all"]
    includes = " ".join(f"include:s{number}.com" for number in range(10))
    names.rows[CAFE, "TXT"] = [f"v=spf1 {includes} ip4:192.0.2.7 -all"]
    assert wrong(look(smtp, names)) == []
    names.rows[CAFE, "TXT"] = [f"v=spf1 {includes} a -all"]
    assert "over 10 lookups" in wrong(look(smtp, names))[0]


def test_lookups_of_what_is_included_count_and_circles_end(names: Published) -> None:
    names.rows[CAFE, "TXT"] = ["v=spf1 include:a.com -all"]
    names.rows["a.com", "TXT"] = ["v=spf1 include:b.com mx redirect=c.com"]
    names.rows["b.com", "TXT"] = [f"v=spf1 include:{CAFE} exists:%{{i}}.b.com -all"]
    names.rows["c.com", "TXT"] = ["v=spf1 a/24 ptr:b.com ip6:2001:db8::/32 -all"]
    found = spf_of(CAFE, names)
    assert (found.lookups, found.empty) == (8, [])


def test_an_include_that_leads_nowhere_is_wrong(names: Published, smtp: OwnersFile) -> None:
    names.rows[CAFE, "TXT"] = ["v=spf1 mx include:gone.com ~all"]
    assert "names gone.com, which has none" in wrong(look(smtp, names))[0]


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
    names: Published, tmp_path: Path, server: str, record: str, named: bool
) -> None:
    names.rows[CAFE, "TXT"] = [record]
    for known in ("_spf.google.com", "spf.protection.outlook.com", "spf.host.com"):
        names.rows[known, "TXT"] = ["v=spf1 ip4:192.0.2.1 -all"]
    text = THROUGH_SMTP.replace("smtp.cornercafe.com", server)
    said = warned(look(file_of(tmp_path, SHOP + text), names))
    assert any("does not seem to name" in one for one in said) is not named


def test_sendgrid_has_to_sign_in_the_shops_name(names: Published, sendgrid: OwnersFile) -> None:
    for selector in ("s1", "s2"):
        del names.rows[f"{selector}._domainkey.{CAFE}", "CNAME"]
    said = about(look(sendgrid, names), "DKIM")
    assert said.startswith("wrong")
    assert "Sender Authentication" in said


def test_who_else_signs_has_to_be_said(names: Published, tmp_path: Path) -> None:
    silent = THROUGH_SMTP.replace("  dkim selector: corner\n", "")
    said = about(look(file_of(tmp_path, SHOP + silent), names), "DKIM")
    assert said.startswith("warning")
    assert "Show original" in said


@pytest.mark.parametrize(("key", "said"), [([], "is not there"), (["v=DKIM1; p="], "is withdrawn")])
def test_a_key_that_is_gone_is_wrong(
    names: Published, smtp: OwnersFile, key: list[str], said: str
) -> None:
    names.rows[f"corner._domainkey.{CAFE}", "TXT"] = key
    assert said in wrong(look(smtp, names))[0]


def test_a_selector_of_ones_own_at_sendgrid_is_looked_at(names: Published, tmp_path: Path) -> None:
    for selector in ("s1", "s2"):
        del names.rows[f"{selector}._domainkey.{CAFE}", "CNAME"]
    file = file_of(tmp_path, SHOP + THROUGH_SENDGRID + "  dkim selector: corner\n")
    assert wrong(look(file, names)) == []


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([], "does not say what to do"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "2 DMARC records"),
        (["v=DMARC1; p=maybe"], "p=maybe"),
        (["v=DMARC1; rua=mailto:x@y.z"], "p="),
    ],
)
def test_dmarc_has_to_ask_for_something(
    names: Published, smtp: OwnersFile, records: list[str], said: str
) -> None:
    names.rows[f"_dmarc.{CAFE}", "TXT"] = records
    assert said in wrong(look(smtp, names))[0]


def test_the_domain_above_speaks_for_one_without_dmarc(names: Published, tmp_path: Path) -> None:
    below = f"news.{CAFE}"
    for (name, sort), row in list(names.rows.items()):
        if name == CAFE or name.startswith("corner."):
            names.rows[name.replace(CAFE, below), sort] = row
    text = THROUGH_SMTP.replace("<ana@", "<ana@news.")
    file = file_of(tmp_path, SHOP + text)
    assert wrong(look(file, names)) == []
    names.rows[f"_dmarc.{CAFE}", "TXT"] = ["v=DMARC1; p=reject; sp=nonsense"]
    assert "p=nonsense" in wrong(look(file, names))[0]
    assert parents("a.b.c.pt") == ["a.b.c.pt", "b.c.pt", "c.pt"]


def test_answers_and_bounces_have_to_arrive_somewhere(names: Published, tmp_path: Path) -> None:
    file = file_of(tmp_path, SHOP.replace("ana@corner", "ana@other") + THROUGH_SMTP)
    names.rows[CAFE, "MX"] = ["0 ."]
    names.rows["othercafe.com", "A"] = ["93.184.215.14"]
    found = look(file, names)
    assert any("comes back" in one for one in wrong(found))
    assert any("othercafe.com does not say who takes its mail" in one for one in warned(found))
    del names.rows["othercafe.com", "A"]
    assert any("answers arrive nowhere" in one for one in wrong(look(file, names)))


def test_a_freemail_address_is_all_that_is_wrong(names: Published, tmp_path: Path) -> None:
    text = (SHOP + THROUGH_SMTP).replace("<ana@cornercafe.com>", "<cafe@gmail.com>")
    file = file_of(tmp_path, text + "  only to: [ana@cornercafe.com]\n")
    assert wrong(look(file, names)) == ["Your mails are from gmail.com."]
    assert names.asked == []


def test_a_name_server_that_is_silent_is_no_proof_of_anything(
    names: Published, smtp: OwnersFile
) -> None:
    names.dumb = {f"_dmarc.{CAFE}"}
    [said] = wrong(look(smtp, names))
    assert "no answer" in said
    assert len(look(smtp, names)) == 4


def test_a_firewall_that_hides_the_world_is_not_the_domains_fault(smtp: OwnersFile) -> None:
    [said] = wrong(look(smtp, Published(rows={})))
    assert "not even gmail.com" in said
    known = Published(rows={("gmail.com", "MX"): ["5 mx.google.com"]})
    assert len(wrong(look(smtp, known))) == 4


def test_letters_beyond_ascii_are_asked_for_as_the_dns_writes_them(
    names: Published, tmp_path: Path
) -> None:
    text = (SHOP + THROUGH_SMTP).replace("<ana@cornercafe.com>", "<ana@cornercafé.com>")
    look(file_of(tmp_path, text), names)
    assert ("xn--cornercaf-j4a.com", "TXT") in names.asked
