"""Each planned fault happens when planned, has the right form, and then ends."""

from __future__ import annotations

import time
from dataclasses import dataclass
from json import JSONDecodeError

import httpx
import pytest

from connectors.shopify import requests
from sandbox.cafe import cafe
from sandbox.server import running_app
from sandbox.shopify.graphql import Shop
from sandbox.shopify.query_cost import Bucket
from sandbox.shopify.server import admin_api
from tests.faults import responses
from tests.faults import shopify as planned
from tests.faults.responses import Faults
from tests.sandbox.graphql_client import GRAPHQL_PATH, SIGN_IN, TOKEN_PATH, GraphqlClient, sign_in

SMALL = cafe(20)


@dataclass
class Scene:
    faults: Faults
    visitor: GraphqlClient

    def customers(self) -> httpx.Response:
        return self.visitor.post(requests.CUSTOMERS, first=5)

    def orders(self) -> httpx.Response:
        return self.visitor.post(requests.ORDERS, first=5)


@pytest.fixture
def scene() -> Scene:
    faults = Faults()
    return Scene(faults, GraphqlClient(admin_api(Shop(SMALL, Bucket(size=10**9)), faults=faults)))


@pytest.mark.parametrize(("status", "wait"), [(401, None), (429, 2.0), (500, None), (503, 0.5)])
def test_the_next_requests_are_refused_and_then_all_is_well(
    scene: Scene, status: int, wait: float | None
) -> None:
    scene.faults.plan(planned.HttpError(status, wait), times=2)
    replies = [scene.customers() for _ in range(3)]
    assert [reply.status_code for reply in replies] == [status, status, 200]
    assert replies[0].headers.get("Retry-After") == (None if wait is None else f"{wait:g}")
    assert isinstance(replies[0].json()["errors"], str)


def test_faults_come_in_the_order_they_were_planned(scene: Scene) -> None:
    scene.faults.plan(planned.HttpError(500))
    scene.faults.plan(planned.HttpError(429, 1), after=1)
    assert [scene.customers().status_code for _ in range(4)] == [500, 200, 429, 200]


def test_a_fault_can_wait_for_the_page_of_one_connection(scene: Scene) -> None:
    scene.faults.plan(planned.HttpError(500), after=1, on="orders")
    assert [scene.customers().status_code for _ in range(3)] == [200] * 3
    assert [scene.orders().status_code for _ in range(3)] == [200, 500, 200]


def test_a_standing_fault_lasts_until_it_is_mended(scene: Scene) -> None:
    scene.faults.always(planned.HttpError(503))
    scene.faults.plan(planned.HttpError(500))
    assert [scene.customers().status_code for _ in range(3)] == [500, 503, 503]
    scene.faults.clear()
    assert scene.customers().status_code == 200


def test_signing_in_can_fail_too() -> None:
    faults = Faults()
    app = admin_api(Shop(SMALL), sign_in_faults=faults)
    faults.plan(planned.HttpError(500))
    assert [sign_in(app).status_code for _ in range(2)] == [500, 200]


def test_throttling_comes_at_http_200(scene: Scene) -> None:
    scene.faults.plan(planned.Throttled())
    reply = scene.customers()
    assert reply.status_code == 200
    assert reply.json()["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "data" not in reply.json()


def test_a_graphql_error_comes_without_data(scene: Scene) -> None:
    scene.faults.plan(planned.GraphqlFailure("Access denied for customers field.", "ACCESS_DENIED"))
    answer = scene.customers().json()
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_half_a_page_is_no_json(scene: Scene) -> None:
    scene.faults.plan(responses.TruncatedBody())
    with pytest.raises(JSONDecodeError):
        scene.customers().json()


def test_a_web_page_is_html(scene: Scene) -> None:
    scene.faults.plan(responses.HtmlPage())
    reply = scene.customers()
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/html")


def test_the_same_page_comes_for_ever(scene: Scene) -> None:
    scene.faults.always(planned.RepeatedPage())
    first = scene.customers().json()["data"]["customers"]
    scene.orders()
    after = first["pageInfo"]["endCursor"]
    again = scene.visitor.query(requests.CUSTOMERS, first=5, after=after)["data"]["customers"]
    assert again == first
    assert again["pageInfo"]["hasNextPage"]


def test_a_late_answer_is_a_right_one(scene: Scene) -> None:
    scene.faults.plan(responses.DelayedResponse(0.2))
    began = time.monotonic()
    assert scene.customers().json()["data"]["customers"]["nodes"]
    assert time.monotonic() - began >= 0.2


def test_without_the_right_to_protected_data_addresses_are_empty(scene: Scene) -> None:
    scene.faults.always(planned.without_emails())
    nodes = scene.visitor.all("customers")
    assert len(nodes) == 20
    assert {node["defaultEmailAddress"] for node in nodes} == {None}
    assert any(node["firstName"] for node in nodes)


def test_a_page_can_hold_bad_records_among_good_ones(scene: Scene) -> None:
    good = scene.customers().json()["data"]["customers"]["nodes"]
    bad = {}
    for fault in ("without_ids", "invalid_dates", "invalid_addresses"):
        scene.faults.plan(getattr(planned, fault)(every=2))
        bad[fault] = scene.customers().json()["data"]["customers"]["nodes"]
    assert ["id" in node for node in bad["without_ids"]] == [False, True, False, True, False]
    assert bad["invalid_dates"][0]["updatedAt"] == "2026-02-30T25:61:00Z"
    assert bad["invalid_addresses"][0]["defaultEmailAddress"]["emailAddress"] == "ana at example"
    assert all(nodes[1::2] == good[1::2] for nodes in bad.values())
    assert scene.customers().json()["data"]["customers"]["nodes"] == good


def test_a_dead_line_is_seen_in_the_middle_of_the_body() -> None:
    faults = Faults()
    faults.plan(responses.DroppedConnection())
    with running_app(admin_api(Shop(SMALL), faults=faults)) as address, httpx.Client() as client:
        token = client.post(address + TOKEN_PATH, data=SIGN_IN).json()["access_token"]
        body = {"query": requests.CUSTOMERS, "variables": {"first": 5}}
        headers = {"X-Shopify-Access-Token": token}
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(address + GRAPHQL_PATH, json=body, headers=headers)
        assert client.post(address + GRAPHQL_PATH, json=body, headers=headers).json()["data"]
