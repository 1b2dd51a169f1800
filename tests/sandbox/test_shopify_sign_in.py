"""Signing in at the Admin API, its versions, and requests that cannot be parsed."""

from __future__ import annotations

import pytest

from connectors.shopify.requests import API_VERSION
from sandbox.cafe import Cafe
from sandbox.shopify.graphql import VERSIONS, Shop
from sandbox.shopify.server import admin_api
from sandbox.shopify.tokens import Tokens
from tests.sandbox.graphql_client import (
    GRAPHQL_PATH,
    SIGN_IN,
    TOKEN_PATH,
    GraphqlClient,
    post,
    sign_in,
)


def test_client_credentials_give_a_token_for_a_day(visitor: GraphqlClient) -> None:
    for parts in ({"data": SIGN_IN}, {"json": SIGN_IN}):
        answer = post(visitor.app, TOKEN_PATH, **parts)
        assert answer.status_code == 200
        assert set(answer.json()) == {"access_token", "scope", "expires_in"}
        assert answer.json()["expires_in"] == 86_399
        assert "read_all_orders" in answer.json()["scope"].split(",")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"client_id": "somebody"}, "application_cannot_be_found"),
        ({"client_secret": "guessed"}, "invalid_client"),
        ({"grant_type": "password"}, "invalid_request"),
    ],
)
def test_wrong_credentials_are_refused_on_a_web_page_or_in_json(
    visitor: GraphqlClient, wrong: dict[str, str], code: str
) -> None:
    page = sign_in(visitor.app, **wrong)
    assert page.status_code == 400
    assert f"Oauth error {code}" in page.text
    response = post(
        visitor.app, TOKEN_PATH, json={**SIGN_IN, **wrong}, headers={"Accept": "application/json"}
    )
    assert (response.status_code, response.json()["error"]) == (400, code)


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"\xff\xfe=1"])
def test_a_sign_in_that_cannot_be_read_is_refused(visitor: GraphqlClient, body: bytes) -> None:
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        answer = post(visitor.app, TOKEN_PATH, content=body, headers={"Content-Type": kind})
        assert answer.status_code == 400


@pytest.mark.parametrize("headers", [{}, {"X-Shopify-Access-Token": "shpat_guessed"}])
def test_a_wrong_or_missing_token_is_refused(
    visitor: GraphqlClient, headers: dict[str, str]
) -> None:
    answer = post(visitor.app, GRAPHQL_PATH, json={"query": "{ shop { name } }"}, headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {
        "errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"
    }


def test_a_token_ends_with_its_time_and_a_new_one_works(seeded: Cafe) -> None:
    now = [1_000.0]
    tokens = Tokens(lifetime=60, clock=lambda: now[0])
    visitor = GraphqlClient(admin_api(Shop(seeded), tokens=tokens))
    now[0] += 59
    assert visitor.post("{ shop { name } }").status_code == 200
    now[0] += 1
    assert visitor.post("{ shop { name } }").status_code == 401
    assert GraphqlClient(visitor.app).post("{ shop { name } }").status_code == 200


def test_tokens_can_be_expired_at_once(seeded: Cafe) -> None:
    tokens = Tokens()
    visitor = GraphqlClient(admin_api(Shop(seeded), tokens=tokens))
    tokens.expire_all()
    assert visitor.post("{ shop { name } }").status_code == 401


def test_the_version_of_our_queries_is_served() -> None:
    assert API_VERSION in VERSIONS


@pytest.mark.parametrize(
    ("requested", "status", "served"),
    [
        ("2026-10", 200, "2026-10"),
        ("2026-07", 200, "2026-07"),
        ("2025-01", 200, "2026-07"),
        ("2027-01", 404, None),
        ("2026-05", 404, None),
        ("latest", 404, None),
    ],
)
def test_a_retired_version_is_served_by_the_oldest_and_an_unknown_one_is_not(
    visitor: GraphqlClient, requested: str, status: int, served: str | None
) -> None:
    answer = visitor.post("{ shop { name } }", path=f"/admin/api/{requested}/graphql.json")
    assert answer.status_code == status
    assert answer.headers.get("X-Shopify-API-Version") == served


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"variables": {}}', b'{"query": 7}'])
def test_a_request_without_a_query_is_refused(visitor: GraphqlClient, body: bytes) -> None:
    headers = {"X-Shopify-Access-Token": visitor.token}
    assert post(visitor.app, GRAPHQL_PATH, content=body, headers=headers).status_code == 400


def test_other_paths_do_not_exist(visitor: GraphqlClient) -> None:
    assert post(visitor.app, "/admin/api/2026-10/orders.json").status_code == 404
