"""How mail shall go later; what lets it in is tried at once, as the doctor does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from engine.live.finding import Finding, Kind
from mail.senders.sendgrid.config import SendGrid
from mail.senders.smtp.config import Smtp, on_this_machine
from regulars.commands.init import parse_answers, questions
from regulars.commands.init.answers import MailServer, SendGridAccount
from regulars.commands.init.probe import World
from regulars.commands.init.terminal_user import Owner
from settings.errors import OutOfReach
from settings.values import Secret


@dataclass(frozen=True)
class Later:
    """Nothing more than a rehearsal, where nothing was said."""

    sending: MailServer | SendGridAccount | None = None
    keys: dict[str, str] = field(default_factory=dict)


def later(owner: Owner, world: World) -> Later:
    match owner.answer(questions.THROUGH, parse_answers.way):
        case "smtp":
            return _mail_server(owner, world)
        case "sendgrid":
            return _sendgrid(owner, world)
        case _:
            return Later()


def _mail_server(owner: Owner, world: World) -> Later:
    """Enter instead of a server leaves it for later, with what was typed last as a comment."""
    tried: MailServer | None = None
    while True:
        server, port = owner.answer(questions.SERVER, parse_answers.server)
        if not server:
            return Later(tried)
        user = owner.answer(questions.USER, parse_answers.no_name)
        password = owner.answer(questions.PASSWORD, parse_answers.password) if user else ""
        tried = MailServer(server, port, user or None, later=True)
        if found := _fits(owner, world, tried, password):
            keys = {"SMTP_PASSWORD": password} if user else {}
            return Later(replace(tried, later=False, encryption=found.encryption), keys)


def _fits(owner: Owner, world: World, tried: MailServer, password: str) -> Smtp | None:
    login = {"user": tried.user, "password": Secret(password)} if tried.user else {}
    words = Smtp.model_validate({"server": tried.server, "port": tried.port, **login})
    found, words = _let_in(world, words)
    return words if _told(owner, found) else None


def _let_in(world: World, words: Smtp) -> tuple[Finding, Smtp]:
    """What goes to this machine itself is read by nobody on the way."""
    found = world.let_in(words)
    if found.kind is not Kind.WRONG or not on_this_machine(words.server):
        return found, words
    plainly = words.model_copy(update={"encryption": "none"})
    again = world.let_in(plainly)
    return (found, words) if again.kind is Kind.WRONG else (again, plainly)


def _sendgrid(owner: Owner, world: World) -> Later:
    while key := owner.answer(questions.API_KEY, parse_answers.key):
        found, region = _asked(world, key)
        if _told(owner, found):
            return Later(SendGridAccount(eu=region == "eu"), {"SENDGRID_API_KEY": key})
    return Later(SendGridAccount(later=True))


def _asked(world: World, key: str) -> tuple[Finding, str]:
    """A key of the European part is unknown in the other one."""
    found = world.let_in(SendGrid(api_key=Secret(key)))
    if found.kind is Kind.OK:
        return found, "global"
    return world.let_in(SendGrid(api_key=Secret(key), region="eu")), "eu"


def _told(owner: Owner, found: Finding) -> bool:
    if found.kind is Kind.WRONG:
        owner.refused(OutOfReach(f"{found.what} {found.remedy or ''}".strip()))
        return False
    owner.say(found.what)
    return True
