"""How mail shall go later; what lets it in is tried at once, as the doctor does."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import ValidationError

from engine.doctor.finding import Finding, Kind
from mail.sendgrid.words import SendGrid
from mail.smtp.words import Smtp
from regulars.beginning import questions, reading
from regulars.beginning.answers import MailServer, SendGridAccount
from regulars.beginning.owner import Owner
from regulars.beginning.world import World
from settings.trouble import OutOfReach
from settings.values import Secret


@dataclass(frozen=True)
class Later:
    """Nothing more than a rehearsal, where nothing was said."""

    sending: MailServer | SendGridAccount | None = None
    keys: dict[str, str] = field(default_factory=dict)


def later(owner: Owner, world: World) -> Later:
    match owner.answer(questions.THROUGH, reading.way):
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
        server, port = owner.answer(questions.SERVER, reading.server)
        if not server:
            return Later(tried)
        user = owner.answer(questions.USER, reading.no_name)
        password = owner.answer(questions.PASSWORD, str) if user else ""
        tried = MailServer(server, port, user or None, later=True)
        if _fits(owner, world, {"server": server, "port": port}, user, password):
            keys = {"SMTP_PASSWORD": password} if user else {}
            return Later(MailServer(server, port, user or None), keys)


def _fits(
    owner: Owner, world: World, where: dict[str, str | int | None], user: str, password: str
) -> bool:
    login = {"user": user, "password": Secret(password)} if user else {}
    try:
        return _told(owner, world.let_in(Smtp.model_validate({**where, **login})))
    except ValidationError as wrong:
        owner.refused(OutOfReach(reading.refusal(wrong)))
        return False


def _sendgrid(owner: Owner, world: World) -> Later:
    while key := owner.answer(questions.API_KEY, reading.api_key):
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
