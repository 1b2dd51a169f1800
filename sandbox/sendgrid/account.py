"""An account at the sandbox server: the payloads it accepted and the mails rendered from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.sendgrid.suppressions import SuppressionLists
from sandbox.sendgrid.validation import Body

API_KEY = "SG.look-alike.corner-cafe"
MESSAGE_ID_ARG = "regulars_mail"
GROUP_LINK = "<%asm_group_unsubscribe_raw_url%>"


@dataclass(frozen=True)
class ReceivedMail:
    """A mail as its recipient gets it."""

    id: str
    to: tuple[str, ...]
    name: str | None
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    group: int | None = None


@dataclass
class Account:
    """Accepts payloads; each message id is a line in `ledger`, written before the response."""

    key: str = API_KEY
    ledger: Path | None = None
    payloads: list[Body] = field(default_factory=list)
    received: list[ReceivedMail] = field(default_factory=list)
    suppressions: SuppressionLists = field(default_factory=SuppressionLists)
    events: list[dict[str, Any]] = field(
        default_factory=list
    )  # delivery events of accepted mails that were dropped

    def accept(self, payload: Body) -> None:
        """Render the mails of `payload`, drop suppressed ones with an event, and log the ids."""
        mails = [render_mail(payload, person) for person in payload["personalizations"]]
        drop_reasons = {
            mail.id: self.suppressions.drop_reason(mail.to[0], mail.group) for mail in mails
        }
        self.received += [mail for mail in mails if drop_reasons[mail.id] is None]
        self.events += [
            {
                "event": "dropped",
                "email": mail.to[0],
                MESSAGE_ID_ARG: mail.id,
                "reason": drop_reasons[mail.id],
            }
            for mail in mails
            if drop_reasons[mail.id] is not None
        ]
        if self.ledger:
            with self.ledger.open("a") as file:
                file.write("".join(f"{mail.id}\n" for mail in mails))


def render_mail(payload: Body, person: Body) -> ReceivedMail:
    """Return the mail of one personalization `person`, with its substitutions applied."""
    bodies = {part["type"]: part["value"] for part in payload["content"]}
    for tag, value in person.get("substitutions", {}).items():
        bodies = {kind: body.replace(tag, value) for kind, body in bodies.items()}
    group = payload.get("asm", {}).get("group_id")
    if group is not None:  # without a group the tag is not replaced
        link = f"https://u1.ct.sendgrid.net/asm/unsubscribe/?user_id={person['to'][0]['email']}"
        bodies = {kind: body.replace(GROUP_LINK, link) for kind, body in bodies.items()}
    return ReceivedMail(
        id=str(person.get("custom_args", {}).get(MESSAGE_ID_ARG)),
        to=tuple(recipient["email"] for recipient in person["to"]),
        name=person["to"][0].get("name"),
        subject=_subject(payload, person),
        text=bodies.get("text/plain", ""),
        html=bodies.get("text/html", ""),
        headers=person.get("headers", {}),
        group=group,
    )


def _subject(payload: Body, person: dict[str, Any]) -> str:
    subject: str = person.get("subject") or payload.get("subject", "")
    for tag, value in person.get("substitutions", {}).items():
        subject = subject.replace(tag, value)
    return subject
