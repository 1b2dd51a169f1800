"""The questions about a mail server in `regulars init`; each login is tried at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mail.senders.checks import CheckKind, CheckResult
from mail.senders.interview import Interviewer, SendingChoice, TryLogin, report_result
from mail.senders.smtp.config import Smtp, is_local_server
from settings.questions import Question, plain_text, validated
from settings.values import Secret
from settings.yaml.quote import double_quoted, flow_scalar

PASSWORD_NAME = "SMTP_PASSWORD"  # noqa: S105  # the name of it, not the thing
HIGHEST_PORT = 65535
SERVER = Question("Which mail server?", "--smtp-server", default="", hint="like smtp.yourshop.com")
USER = Question("The user there?", "--smtp-user", default="", needed=False)
PASSWORD = Question("The password? (not shown)", key=PASSWORD_NAME, default="")
QUESTIONS = (SERVER, USER, PASSWORD)


def ask_mail_server(owner: Interviewer, try_login: TryLogin) -> SendingChoice:
    """Asks until a login works; no server leaves the last one typed as a comment, for later."""
    choice = SendingChoice("")
    while True:
        server, port = owner.answer(SERVER, parse_server)
        if not server:
            return choice
        user = owner.answer(USER, plain_text)
        password = owner.answer(PASSWORD, parse_password) if user else ""
        login = {"user": user, "password": Secret(password)} if user else {}
        account = Smtp.model_validate({"server": server, "port": port, **login})
        outcome, account = _try_account(account, try_login)
        if report_result(owner, outcome):
            keys = {PASSWORD_NAME: password} if user else {}
            return SendingChoice("smtp", tuple(config_options(account)), keys)
        choice = SendingChoice("smtp", tuple(config_options(account)), later=True)


def config_options(account: Smtp) -> Iterator[str]:
    """The entries of the block `smtp:` for this `account`; its password is left to .env."""
    yield f"server: {flow_scalar(account.server)}"
    if account.port:
        yield f"port: {account.port}"
    if account.encryption:
        yield f"encryption: {account.encryption}"
    if account.user:
        yield f"user: {double_quoted(account.user)}"
        yield f"password: ${PASSWORD_NAME}"


def _try_account(account: Smtp, try_login: TryLogin) -> tuple[CheckResult, Smtp]:
    """A server on this machine may go without encryption: nothing travels over a network."""
    outcome = try_login(account)
    if outcome.kind is not CheckKind.WRONG or not is_local_server(account.server):
        return outcome, account
    unencrypted = account.model_copy(update={"encryption": "none"})
    second_result = try_login(unencrypted)
    if second_result.kind is CheckKind.WRONG:
        return outcome, account
    return second_result, unencrypted


def parse_server(text: str) -> tuple[str, int | None]:
    """Returns host and port of smtp.example.com or smtp.example.com:465."""
    if not text:
        return "", None
    match = re.fullmatch(r"(?:\w+://)?([^\s/:]+)(?::([0-9]{1,9}))?/?", text)
    host, port = (match[1], match[2]) if match else (text, None)
    if port and not 1 <= int(port) <= HIGHEST_PORT:
        raise ValueError(f"There is no port {port}: they go from 1 to {HIGHEST_PORT}.")
    validated(Smtp, {"server": host})
    return host, int(port) if port else None


def parse_password(text: str) -> str:
    """Returns `text`, which may be of any alphabet; ValueError for control characters."""
    if not text.isprintable():
        raise ValueError("The password holds a character that no keyboard types. Copy it again.")
    return text
