"""Settings that `check` refuses once mail reaches customers."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.owner_config import load_owner_config
from engine.live.freemail import is_freemail
from engine.live.network import is_example_domain, is_loopback, is_private_network
from settings.yaml.error_report import ConfigError

FILE = """
shop:
  name: Corner Café
  country: PT
  language: en
  currency: EUR
  timezone: Europe/Lisbon
  reply to: ana@cornercafe.example
  postal address: Rua das Flores 12, 1200-192 Lisboa
  public address: https://mail.cornercafe.example
sending:
  through: smtp
  smtp: {server: smtp.cornercafe.example}
  from: Ana <ana@cornercafe.example>
"""


def messages(folder: Path, text: str) -> list[str]:
    path = folder / "config.yaml"
    path.write_text(text)
    try:
        load_owner_config(path, {"SERVER": "smtp.cornercafe.example", "KEY": "SG.x"})
    except ConfigError as error:
        return [mistake.message for mistake in error.mistakes]
    return []


def test_a_public_address_and_an_own_domain_are_accepted(tmp_path: Path) -> None:
    assert messages(tmp_path, FILE) == []


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8800", "http://localhost:8800", "https://[::1]", "http://192.168.1.20",
     "https://till.local", "https://till", "http://10.0.0.3:8800", "https://169.254.1.1"],
)  # fmt: skip
def test_a_private_public_address_is_refused(tmp_path: Path, address: str) -> None:
    text = FILE.replace("https://mail.cornercafe.example", address)
    [message] = messages(tmp_path, text)
    assert message.startswith(f"Customers cannot open {address}")
    for exempting_line in ("  only to: [ana@cornercafe.example]\n", "  unsubscribe by: mailbox\n"):
        exempt_text = text + exempting_line + "  mailbox: {directory: returned}\n"
        assert messages(tmp_path, exempt_text) == []


def test_a_freemail_sender_is_refused(tmp_path: Path) -> None:
    text = FILE.replace("<ana@cornercafe.example>", "<corner.cafe@gmail.com>")
    [message] = messages(tmp_path, text)
    assert message.startswith("gmail.com lets nobody else send")
    assert messages(tmp_path, text.replace("through: smtp", "through: outbox")) == []
    assert messages(tmp_path, text.replace("smtp.cornercafe.example", "127.0.0.1")) == []


def test_sendgrid_counts_as_live_and_a_local_server_does_not(tmp_path: Path) -> None:
    text = FILE.replace("through: smtp", "through: sendgrid\n  sendgrid: {api key: $KEY}")
    text = text.replace("<ana@cornercafe.example>", "<corner.cafe@yahoo.co.uk>")
    assert len(messages(tmp_path, text)) == 1
    local_server = "{api key: $KEY, address: http://127.0.0.1:8803}"
    assert messages(tmp_path, text.replace("{api key: $KEY}", local_server)) == []


def test_a_server_named_by_a_secret_is_not_checked(tmp_path: Path) -> None:
    text = FILE.replace("server: smtp.cornercafe.example", "server: $SERVER")
    assert messages(tmp_path, text.replace("https://mail", "https://till.local/mail")) == []


def test_freemail_domains_are_recognised() -> None:
    free = ["gmail.com", "GMail.com.", "hotmail.fr", "yahoo.co.uk", "gmx.at", "web.de", "sapo.pt",
            "outlook.com.br", "live.com.pt", "proton.me", "icloud.com"]  # fmt: skip
    assert [domain for domain in free if not is_freemail(domain)] == []
    own = ["cornercafe.example", "gmail.cornercafe.com", "outlookcafe.com", "me.pt", ""]
    assert [domain for domain in own if is_freemail(domain)] == []


def test_hosts_are_classified() -> None:
    assert all(map(is_loopback, ["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]",
                                "::ffff:127.0.0.1", "a.localhost"]))  # fmt: skip
    inside = ["10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.0.1", "100.64.0.1", "fe80::1",
              "fc00::1", "0.0.0.0", "till", "till.local", "x.internal"]  # noqa: S104  # fmt: skip
    assert [host for host in inside if not is_private_network(host)] == []
    assert not any(map(is_private_network, ["cornercafe.example", "8.8.8.8", "2606:4700::1111"]))
    assert all(map(is_example_domain, ["example.com", "www.example.org", "cafe.example", "x.test"]))
    assert not is_example_domain("cornercafe.com")
