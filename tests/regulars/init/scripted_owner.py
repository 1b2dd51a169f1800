"""An owner who answers from a script, and sandbox platforms without a network."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from connectors.retry import RetryPolicy
from connectors.shopify.init import SETUP as SHOPIFY_SETUP
from connectors.square.config import PRODUCTION
from connectors.square.init import SETUP as SQUARE_SETUP
from connectors.woocommerce.init import SETUP as WOOCOMMERCE_SETUP
from engine.config.checks import source_files_check
from engine.config.owner_config import OwnerConfig, load_owner_config
from engine.doctor.http import HttpClient
from regulars.init import questions
from regulars.init.answers import Answers
from regulars.init.interview import interview
from regulars.init.probe import World
from regulars.init.questions import platform_questions
from regulars.init.terminal_user import Owner
from regulars.init.write_files import write_shop_files
from sandbox.shopify.graphql import Shop
from sandbox.shopify.query_cost import Bucket
from sandbox.shopify.server import admin_api
from sandbox.shopify.tokens import CLIENT_ID, CLIENT_SECRET
from sandbox.square.search import Seller
from sandbox.square.server import ACCESS_TOKEN, square_api
from sandbox.woocommerce.server import CONSUMER_KEY, CONSUMER_SECRET, rest_api
from sandbox.woocommerce.store import Store
from settings import environment
from settings.questions import Question
from tests.connectors.corner_cafe import SMALL_CAFE
from tests.connectors.corner_till import small_till

VALID_KEY = "SG.a-key-that-fits"
BASICS: Mapping[Question, Sequence[str]] = {
    questions.NAME: ["Corner Café"],
    questions.COUNTRY: ["Portugal"],
    questions.POSTAL_ADDRESS: ["Rua das Flores 12, 1200-192 Lisboa"],
    questions.E_MAIL: ["Ana <ana@cornercafe.example>"],
}

STORE, CLIENT_ID_QUESTION, SECRET_QUESTION = platform_questions(SHOPIFY_SETUP)
[TOKEN_QUESTION] = platform_questions(SQUARE_SETUP)
SHOPIFY: Mapping[Question, Sequence[str]] = {
    questions.RUNS_ON: ["shopify"],
    STORE: ["corner-cafe"],
    CLIENT_ID_QUESTION: [CLIENT_ID],
    SECRET_QUESTION: [CLIENT_SECRET],
}
WEB_SHOP_HOST = "shop.cornercafe.example"
ADDRESS_QUESTION, KEY_QUESTION, CONSUMER_SECRET_QUESTION, CONSENT_QUESTION = platform_questions(
    WOOCOMMERCE_SETUP
)
WOOCOMMERCE: Mapping[Question, Sequence[str]] = {
    questions.RUNS_ON: ["woocommerce"],
    ADDRESS_QUESTION: [WEB_SHOP_HOST],
    KEY_QUESTION: [CONSUMER_KEY],
    CONSUMER_SECRET_QUESTION: [CONSUMER_SECRET],
}
SQUARE: Mapping[Question, Sequence[str]] = {
    questions.RUNS_ON: ["Square"],
    TOKEN_QUESTION: [ACCESS_TOKEN],
}


class Platforms(httpx.AsyncBaseTransport):
    """The sandbox servers, each at its platform's own address."""

    def __init__(self) -> None:
        self.shop = Shop(SMALL_CAFE, Bucket(size=10**9))
        self.seller = Seller(small_till())
        self.online = httpx.ASGITransport(app=admin_api(self.shop))
        self.till = httpx.ASGITransport(app=square_api(self.seller))
        self.web_shop = httpx.ASGITransport(app=rest_api(Store(SMALL_CAFE)))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        servers = {httpx.URL(PRODUCTION).host: self.till, WEB_SHOP_HOST: self.web_shop}
        return await servers.get(request.url.host, self.online).handle_async_request(request)


class NoNetwork(httpx.AsyncBaseTransport):
    """A transport without a network."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("unplugged", request=request)


def sendgrid(request: httpx.Request) -> httpx.Response:
    """SendGrid's EU region accepts one key."""
    is_valid = request.headers["authorization"] == f"Bearer {VALID_KEY}"
    if is_valid and request.url.host == "api.eu.sendgrid.com":
        return httpx.Response(200, json={"scopes": ["mail.send"]})
    return httpx.Response(401)


@dataclass
class Interview:
    """An interview with scripted `answers`; records questions and output."""

    folder: Path
    answers: Mapping[Question, Sequence[str]] = field(default_factory=dict)
    platforms: httpx.AsyncBaseTransport = field(default_factory=Platforms)
    context: ssl.SSLContext | None = None
    asked_questions: list[Question] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        script = {**BASICS, **self.answers}
        self._remaining = {question.text: list(replies) for question, replies in script.items()}

    def ask(self, question: Question) -> str:
        """Returns the next scripted reply, or Enter if there is none."""
        assert len(self.asked_questions) < 100, f"asked for ever: {question.text}"
        self.asked_questions.append(question)
        replies = self._remaining.get(question.text)
        return replies.pop(0) if replies else ""

    @property
    def output(self) -> str:
        return "\n".join(self.printed)

    def answer_all(
        self, flags: Mapping[str, Sequence[str]] | None = None, clock: str | None = None
    ) -> Answers:
        owner = Owner(ask=self.ask, say=self.printed.append, flags=flags or {})
        web = HttpClient(httpx.MockTransport(sendgrid))
        world = World(self.platforms, web, self.context, RetryPolicy(max_attempts=1), clock)
        return interview(owner, world, self.folder, {})

    def write_config(self, clock: str | None = None) -> OwnerConfig:
        """Run the interview; returns the written config as `regulars check` reads it."""
        write_shop_files(self.folder / "config.yaml", self.answer_all(clock=clock))
        return check_config(self.folder)


def check_config(folder: Path) -> OwnerConfig:
    """Returns the config in `folder`; raises ConfigError with every mistake."""
    environ = {name: setting for name, setting in os.environ.items() if name == "PATH"}
    known_environ = environment.load_environment(folder, environ)
    return load_owner_config(
        folder / "config.yaml", known_environ, extra_checks=[source_files_check(folder)]
    )
