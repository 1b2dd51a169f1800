"""The café at the Admin API, and a client that is signed in."""

from __future__ import annotations

import pytest

from sandbox.cafe import Cafe, cafe
from sandbox.shopify.graphql import Shop
from sandbox.shopify.query_cost import Bucket
from sandbox.shopify.server import admin_api
from tests.sandbox.graphql_client import (
    GraphqlClient,
)


@pytest.fixture(scope="module")
def seeded() -> Cafe:
    return cafe(60)


@pytest.fixture
def visitor(seeded: Cafe) -> GraphqlClient:
    return GraphqlClient(admin_api(Shop(seeded, Bucket(size=10**9))))
