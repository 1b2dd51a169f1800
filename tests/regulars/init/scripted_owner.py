"""An owner who answers from a script, and the platforms of the Corner Café, without a network."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from connectors.retry import Patience
from connectors.square.requests import PRODUCTION
from engine.config.checks import files_in
from engine.config.owner_config import OwnersFile, read_owners_file
from engine.doctor.http import Web
from regulars.commands.init import questions
from regulars.commands.init.answers import Answers
from regulars.commands.init.interview import everything
from regulars.commands.init.probe import World
from regulars.commands.init.questions import Question
from regulars.commands.init.sources import Addresses
from regulars.commands.init.terminal_user import Owner
from regulars.commands.init.write_files import keep
from sandbox.shopify.graphql import Shop
from sandbox.shopify.query_cost import Bucket
from sandbox.shopify.server import admin_api
from sandbox.shopify.tokens import CLIENT_ID, CLIENT_SECRET
from sandbox.square.search import Seller
from sandbox.square.server import ACCESS_TOKEN, square_api
from settings import environment
from tests.connectors.corner_cafe import SMALL
from tests.connectors.corner_till import small_till

FITS = "SG.a-key-that-fits"
BASICS: Mapping[Question, Sequence[str]] = {
    questions.NAME: ["Corner Café"],
    questions.COUNTRY: ["Portugal"],
    questions.POSTAL: ["Rua das Flores 12, 1200-192 Lisboa"],
    questions.E_MAIL: ["Ana <ana@cornercafe.example>"],
}

SHOPIFY: Mapping[Question, Sequence[str]] = {
    questions.RUNS_ON: ["shopify"],
    questions.STORE: ["corner-cafe"],
    questions.CLIENT_ID: [CLIENT_ID],
    questions.CLIENT_SECRET: [CLIENT_SECRET],
}
SQUARE: Mapping[Question, Sequence[str]] = {
    questions.RUNS_ON: ["Square"],
    questions.ACCESS_TOKEN: [ACCESS_TOKEN],
}


class Platforms(httpx.AsyncBaseTransport):
    """Both look-alikes, each at its platform's own address."""

    def __init__(self) -> None:
        self.shop = Shop(SMALL, Bucket(size=10**9))
        self.seller = Seller(small_till())
        self.online = httpx.ASGITransport(app=admin_api(self.shop))
        self.till = httpx.ASGITransport(app=square_api(self.seller))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        at_square = request.url.host == httpx.URL(PRODUCTION).host
        return await (self.till if at_square else self.online).handle_async_request(request)


class Unplugged(httpx.AsyncBaseTransport):
    """No network."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("unplugged", request=request)


def sendgrid(request: httpx.Request) -> httpx.Response:
    """SendGrid's European part knows one key."""
    known = request.headers["authorization"] == f"Bearer {FITS}"
    if known and request.url.host == "api.eu.sendgrid.com":
        return httpx.Response(200, json={"scopes": ["mail.send"]})
    return httpx.Response(401)


@dataclass
class Sitting:
    """One owner in front of the questions."""

    folder: Path
    answers: Mapping[Question, Sequence[str]] = field(default_factory=dict)
    platforms: httpx.AsyncBaseTransport = field(default_factory=Platforms)
    context: ssl.SSLContext | None = None
    asked: list[Question] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        said = {**BASICS, **self.answers}
        self._left = {question.text: list(each) for question, each in said.items()}

    def ask(self, question: Question) -> str:
        """Enter, where the script has no more."""
        assert len(self.asked) < 100, f"asked for ever: {question.text}"
        self.asked.append(question)
        said = self._left.get(question.text)
        return said.pop(0) if said else ""

    @property
    def heard(self) -> str:
        return "\n".join(self.told)

    def told_all(
        self, flags: Mapping[str, Sequence[str]] | None = None, clock: str | None = None
    ) -> Answers:
        owner = Owner(ask=self.ask, say=self.told.append, flags=flags or {})
        web = Web(httpx.MockTransport(sendgrid))
        world = World(self.platforms, web, self.context, Patience(tries=1), clock)
        return everything(owner, world, self.folder, Addresses())

    def written(self, clock: str | None = None) -> OwnersFile:
        """The file that comes of it, read as `regulars check` reads it."""
        keep(self.folder / "config.yaml", self.told_all(clock=clock))
        return checked(self.folder)


def checked(folder: Path) -> OwnersFile:
    """Raises every mistake."""
    nothing = {name: value for name, value in os.environ.items() if name == "PATH"}
    named = environment.load(folder, nothing)
    return read_owners_file(folder / "config.yaml", named, also=[files_in(folder)])
