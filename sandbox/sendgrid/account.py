"""An account at the look-alike: what it took, and in what words each person got it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.sendgrid.refusing import Body

API_KEY = "SG.look-alike.corner-cafe"
OUR_ID = "regulars_mail"


@dataclass(frozen=True)
class Arrived:
    """A mail as its one reader gets it."""

    id: str
    to: tuple[str, ...]
    name: str | None
    subject: str
    text: str
    html: str
    headers: dict[str, str]


@dataclass
class Account:
    """Counts what it takes: each id a line in `ledger`, written before the answer."""

    key: str = API_KEY
    ledger: Path | None = None
    payloads: list[Body] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)

    def take(self, payload: Body) -> None:
        mails = [mail(payload, person) for person in payload["personalizations"]]
        self.arrived += mails
        if self.ledger:
            with self.ledger.open("a") as file:
                file.write("".join(f"{one.id}\n" for one in mails))


def mail(payload: Body, person: Body) -> Arrived:
    bodies = {part["type"]: part["value"] for part in payload["content"]}
    for tag, value in person.get("substitutions", {}).items():
        bodies = {kind: body.replace(tag, value) for kind, body in bodies.items()}
    return Arrived(
        id=str(person.get("custom_args", {}).get(OUR_ID)),
        to=tuple(one["email"] for one in person["to"]),
        name=person["to"][0].get("name"),
        subject=_subject(payload, person),
        text=bodies.get("text/plain", ""),
        html=bodies.get("text/html", ""),
        headers=person.get("headers", {}),
    )


def _subject(payload: Body, person: dict[str, Any]) -> str:
    subject: str = person.get("subject") or payload.get("subject", "")
    for tag, value in person.get("substitutions", {}).items():
        subject = subject.replace(tag, value)
    return subject
