"""The block `mailbox:` of config.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.owner_config import OwnerConfig, config_remarks, load_owner_config
from mail.senders.sendgrid.config import SendGrid
from settings.yaml.load import ConfigError

SHOP = """
shop:
  name: Corner Café
  country: PT
  language: en
  currency: EUR
  timezone: Europe/Lisbon
  reply to: ana@cornercafe.example
  postal address: Rua das Flores 12, 1200-192 Lisboa
"""
SENDING = "sending:\n  from: Ana <ana@cornercafe.example>\n"
SERVER = "server: imap.example.com, user: $MAILBOX_USER, password: $MAILBOX_PASSWORD"
ENVIRON = {
    "MAILBOX_USER": "ana",
    "MAILBOX_PASSWORD": "päss word",
    "SENDGRID_API_KEY": "SG.look-alike",
}


def read_config(folder: Path, *lines: str, shop: str = "") -> OwnerConfig:
    path = folder / "config.yaml"
    below = "".join(f"  {line}\n" for line in lines)
    path.write_text(SHOP + shop + SENDING + below, encoding="utf-8")
    return load_owner_config(path, ENVIRON)


def refusal(folder: Path, *lines: str) -> str:
    with pytest.raises(ConfigError) as error:
        read_config(folder, *lines)
    [mistake] = error.value.mistakes
    return mistake.message


def test_a_server_is_read_over_tls_from_its_inbox(tmp_path: Path) -> None:
    mailbox = read_config(tmp_path, f"mailbox: {{{SERVER}}}").sending.mailbox
    assert mailbox is not None
    assert (mailbox.server, mailbox.port, mailbox.folder) == ("imap.example.com", 993, "INBOX")
    assert not mailbox.is_unencrypted
    assert mailbox.password is not None
    assert mailbox.password.reveal() == "päss word"


@pytest.mark.parametrize(
    ("server", "port", "is_open"),
    [
        ("127.0.0.1", 1143, True),
        ("localhost", 143, True),
        ("127.0.0.1", 993, False),
        ("imap.example.com", 143, False),
        ("192.168.1.2", 1143, False),
    ],
)
def test_only_what_stays_on_this_machine_goes_in_the_open(
    tmp_path: Path, server: str, port: int, is_open: bool
) -> None:
    block = SERVER.replace("imap.example.com", server)
    mailbox = read_config(tmp_path, f"mailbox: {{{block}, port: {port}}}").sending.mailbox
    assert mailbox is not None
    assert mailbox.is_unencrypted is is_open


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ("{folder: INBOX}", "a server with user and password, or a directory"),
        (f"{{{SERVER}, directory: returned}}", "a server with user and password, or a directory"),
        ("{server: imap.example.com}", "a user and a password"),
        ("{directory: returned, port: 0}", "Write 1 or more"),
        ("{server: 'imaps://imap.example.com:993'}", "server: imap.example.com and port: 993"),
        ("{server: imap example com}", "the name of the server alone"),
        ('{directory: returned, folder: "A\\r\\nB"}', "a character in it"),
    ],
)
def test_a_block_that_cannot_work_is_refused(tmp_path: Path, block: str, sentence: str) -> None:
    assert sentence in refusal(tmp_path, f"mailbox: {block}")


def test_a_page_needs_an_address(tmp_path: Path) -> None:
    assert "public address" in refusal(tmp_path, "unsubscribe by: pages")


def test_a_mailbox_that_is_asked_for_must_be_named(tmp_path: Path) -> None:
    assert "which mailbox" in refusal(tmp_path, "unsubscribe by: mailbox")


ACCOUNT = "sendgrid: {api key: $SENDGRID_API_KEY, unsubscribe group: 12345}"


def test_sendgrids_own_link_needs_sendgrid_and_the_number_of_a_group(tmp_path: Path) -> None:
    channel = "unsubscribe by: sendgrid"
    through = "through: sendgrid"
    sending = read_config(tmp_path, channel, through, ACCOUNT).sending
    account = sending.block(SendGrid)
    assert account
    assert account.unsubscribe_group == 12345
    assert "unsubscribe group: 12345" in refusal(
        tmp_path, channel, through, "sendgrid: {api key: $SENDGRID_API_KEY}"
    )
    smtp = "smtp: {server: smtp.example.com}"
    assert "through: sendgrid" in refusal(tmp_path, channel, "through: smtp", smtp, ACCOUNT)


def test_sendgrids_own_link_can_be_rehearsed_without_an_account(tmp_path: Path) -> None:
    file = read_config(tmp_path, "unsubscribe by: sendgrid")
    assert file.sending.unsubscribe_by == "sendgrid"
    assert config_remarks(file) == []


@pytest.mark.parametrize("group", ["0", "-1", "newsletter", "1.5", "12345678901", "007", "yes"])
def test_what_is_no_number_of_a_group_is_refused(tmp_path: Path, group: str) -> None:
    account = f"sendgrid: {{api key: $SENDGRID_API_KEY, unsubscribe group: {group}}}"
    assert "Write the number of the unsubscribe group, like 12345." in refusal(tmp_path, account)


def test_without_either_the_owner_reads_it_herself(tmp_path: Path) -> None:
    sending = read_config(tmp_path).sending
    assert sending.unsubscribe_by is None
    assert sending.mailbox is None
