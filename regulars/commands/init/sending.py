"""How mail shall go later; what lets it in is tried at once, as the doctor does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from engine.live.finding import Finding, FindingKind
from mail.senders.sendgrid.config import SendGrid
from mail.senders.smtp.config import Smtp, is_local_server
from regulars.commands.init import parse_answers, questions
from regulars.commands.init.answers import MailServer, SendGridAccount
from regulars.commands.init.probe import World
from regulars.commands.init.terminal_user import Owner
from settings.errors import UnavailableError
from settings.questions import api_key, plain_text
from settings.values import Secret


@dataclass(frozen=True)
class SendingChoice:
    """Nothing more than a rehearsal, where nothing was said."""

    sending: MailServer | SendGridAccount | None = None
    keys: dict[str, str] = field(default_factory=dict)


def ask_sending(owner: Owner, world: World) -> SendingChoice:
    match owner.answer(questions.SEND_THROUGH, parse_answers.sender):
        case "smtp":
            return _ask_mail_server(owner, world)
        case "sendgrid":
            return _ask_sendgrid(owner, world)
        case _:
            return SendingChoice()


def _ask_mail_server(owner: Owner, world: World) -> SendingChoice:
    """Enter instead of a server leaves it for later, with what was typed last as a comment."""
    mail_server: MailServer | None = None
    while True:
        server, port = owner.answer(questions.SERVER, parse_answers.server)
        if not server:
            return SendingChoice(mail_server)
        user = owner.answer(questions.USER, plain_text)
        password = owner.answer(questions.PASSWORD, parse_answers.password) if user else ""
        mail_server = MailServer(server, port, user or None, later=True)
        if smtp := _try_mail_server(owner, world, mail_server, password):
            keys = {"SMTP_PASSWORD": password} if user else {}
            return SendingChoice(
                replace(mail_server, later=False, encryption=smtp.encryption), keys
            )


def _try_mail_server(
    owner: Owner, world: World, mail_server: MailServer, password: str
) -> Smtp | None:
    login = {"user": mail_server.user, "password": Secret(password)} if mail_server.user else {}
    smtp = Smtp.model_validate({"server": mail_server.server, "port": mail_server.port, **login})
    finding, smtp = _try_login(world, smtp)
    return smtp if _report(owner, finding) else None


def _try_login(world: World, smtp: Smtp) -> tuple[Finding, Smtp]:
    """What goes to this machine itself is read by nobody on the way."""
    finding = world.log_in(smtp)
    if finding.kind is not FindingKind.WRONG or not is_local_server(smtp.server):
        return finding, smtp
    unencrypted = smtp.model_copy(update={"encryption": "none"})
    second_finding = world.log_in(unencrypted)
    return (
        (finding, smtp)
        if second_finding.kind is FindingKind.WRONG
        else (second_finding, unencrypted)
    )


def _ask_sendgrid(owner: Owner, world: World) -> SendingChoice:
    while key := owner.answer(questions.API_KEY, api_key):
        finding, region = _try_key(world, key)
        if _report(owner, finding):
            return SendingChoice(SendGridAccount(eu=region == "eu"), {"SENDGRID_API_KEY": key})
    return SendingChoice(SendGridAccount(later=True))


def _try_key(world: World, key: str) -> tuple[Finding, str]:
    """A key of the European part is unknown in the other one."""
    finding = world.log_in(SendGrid(api_key=Secret(key)))
    if finding.kind is FindingKind.OK:
        return finding, "global"
    return world.log_in(SendGrid(api_key=Secret(key), region="eu")), "eu"


def _report(owner: Owner, finding: Finding) -> bool:
    if finding.kind is FindingKind.WRONG:
        owner.reject(UnavailableError(f"{finding.message} {finding.remedy or ''}".strip()))
        return False
    owner.say(finding.message)
    return True
