"""An account at the look-alike: what it took, and in what words each person got it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.sendgrid.suppressions import Lists
from sandbox.sendgrid.validation import Body

API_KEY = "SG.look-alike.corner-cafe"
OUR_ID = "regulars_mail"
GROUP_LINK = "<%asm_group_unsubscribe_raw_url%>"


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
    group: int | None = None


@dataclass
class Account:
    """Counts what it takes: each id a line in `ledger`, written before the answer."""

    key: str = API_KEY
    ledger: Path | None = None
    payloads: list[Body] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)
    lists: Lists = field(default_factory=Lists)
    events: list[dict[str, Any]] = field(default_factory=list)  # of what it took and dropped

    def take(self, payload: Body) -> None:
        mails = [mail(payload, person) for person in payload["personalizations"]]
        why = {one.id: self.lists.why_dropped(one.to[0], one.group) for one in mails}
        self.arrived += [one for one in mails if why[one.id] is None]
        self.events += [
            {"event": "dropped", "email": one.to[0], OUR_ID: one.id, "reason": why[one.id]}
            for one in mails if why[one.id] is not None
        ]  # fmt: skip
        if self.ledger:
            with self.ledger.open("a") as file:
                file.write("".join(f"{one.id}\n" for one in mails))


def mail(payload: Body, person: Body) -> Arrived:
    bodies = {part["type"]: part["value"] for part in payload["content"]}
    for tag, value in person.get("substitutions", {}).items():
        bodies = {kind: body.replace(tag, value) for kind, body in bodies.items()}
    group = payload.get("asm", {}).get("group_id")
    if group is not None:  # without a group the tag stays what it is
        link = f"https://u1.ct.sendgrid.net/asm/unsubscribe/?user_id={person['to'][0]['email']}"
        bodies = {kind: body.replace(GROUP_LINK, link) for kind, body in bodies.items()}
    return Arrived(
        id=str(person.get("custom_args", {}).get(OUR_ID)),
        to=tuple(one["email"] for one in person["to"]),
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
