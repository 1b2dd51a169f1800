"""Checks a mail server: connection, encryption and login. No mail is sent."""

from __future__ import annotations

import ssl

from mail.senders.checks import CheckResult
from mail.senders.smtp.config import Smtp
from mail.senders.smtp.connect import open_session
from mail.senders.smtp.connection import RETRY_HINT, Timeouts
from settings.errors import UnavailableError

TIMEOUTS = Timeouts(connect=6, reply=6, final_reply=6, quit=2)


def check_login(account: Smtp, tls_context: ssl.SSLContext | None) -> CheckResult:
    """Connect, EHLO, STARTTLS, log in, QUIT. Returns OK, or an error with its remedy."""
    try:
        connection, _ = open_session(account, tls_context, TIMEOUTS)
    except UnavailableError as error:
        # The sentence about waiting mails does not concern a check.
        message = str(error).removesuffix(RETRY_HINT).strip()
        problem, _, remedy = message.partition(" Look at ")
        return CheckResult.wrong(problem, f"Look at {remedy}" if remedy else "Try again later.")
    encryption = "an encrypted line" if connection.encrypted else "a line that is not encrypted"
    connection.quit()
    login = f"lets {account.user} in" if account.user else "asks for no login"
    return CheckResult.ok(f"{connection.name} answers on {encryption}, and {login}.")
