"""OAuth 1.0a signatures, held against RFC 5849's own examples and another implementation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.woocommerce.oauth import (
    METHOD,
    percent_encode,
    sign,
    signature_base_string,
    signed_parameters,
)
from sandbox.woocommerce.authentication import Keys, UnauthenticatedError

URL = "http://shop.cornercafe.example/wp-json/wc/v3/orders"


def test_the_signature_of_rfc_5849_section_1_2() -> None:
    parameters = {
        "file": "vacation.jpg",
        "size": "original",
        "oauth_consumer_key": "dpf43f3p2l4k3l03",
        "oauth_token": "nnch734d00sl2jdk",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131202",
        "oauth_nonce": "chapoH",
    }
    base = signature_base_string("get", "http://photos.example.net/photos", parameters.items())
    signature = sign(base, "kd94hf93k423kf44", "pfkkdhi9sl3r4s00", digest="sha1")
    assert signature == "MdpQcU8iPSUjWoN/UDMsK2sui9I="


def test_the_base_string_of_rfc_5849_section_3_4_1_1() -> None:
    parameters = [
        ("b5", "=%3D"), ("a3", "a"), ("c@", ""), ("a2", "r b"), ("c2", ""), ("a3", "2 q"),
        ("oauth_consumer_key", "9djdj82h48djs9d2"), ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"), ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
    ]  # fmt: skip
    assert signature_base_string("POST", "http://example.com/request", parameters) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D"
        "%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce"
        "%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26"
        "oauth_token%3Dkkk9d7dh3k39sjv7"
    )


def test_the_base_string_of_woocommerces_documentation() -> None:
    parameters = {"oauth_consumer_key": "abc123", "oauth_signature_method": "HMAC-SHA1"}
    url = "http://www.example.com/wp-json/wc/v3/orders"
    assert signature_base_string("GET", url, parameters.items()) == (
        "GET&http%3A%2F%2Fwww.example.com%2Fwp-json%2Fwc%2Fv3%2Forders&"
        "oauth_consumer_key%3Dabc123%26oauth_signature_method%3DHMAC-SHA1"
    )


@pytest.mark.parametrize(
    ("text", "encoded"), [("a-b._~", "a-b._~"), ("a b+c", "a%20b%2Bc"), ("ç/:", "%C3%A7%2F%3A")]
)
def test_all_but_unreserved_characters_are_encoded(text: str, encoded: str) -> None:
    assert percent_encode(text) == encoded


QUERIES = st.dictionaries(
    st.text("abz_", min_size=1, max_size=6), st.text("abz_é +&=%~", max_size=9)
)


@given(QUERIES)
def test_the_sandbox_server_comes_to_the_same_signature(query: dict[str, str]) -> None:
    keys = Keys("ck_x", "cs_y", clock=lambda: 1_000.0)
    signed = signed_parameters(
        "GET", URL, query, consumer_key="ck_x", consumer_secret="cs_y", timestamp=990, nonce="n1"
    )
    assert signed["oauth_signature_method"] == METHOD
    keys.check(URL, signed, "")


def test_a_nonce_is_good_once_and_a_timestamp_for_a_quarter_of_an_hour() -> None:
    keys = Keys("ck_x", "cs_y", clock=lambda: 10_000.0)

    def check(timestamp: int, nonce: str, secret: str) -> None:
        keys.check(
            URL,
            signed_parameters(
                "GET", URL, {}, consumer_key="ck_x", consumer_secret=secret,
                timestamp=timestamp, nonce=nonce,
            ),
            "",
        )  # fmt: skip

    check(9_990, "first", "cs_y")
    for timestamp, nonce, secret in ((9_990, "first", "cs_y"), (9_000, "second", "cs_y"),
                                     (9_990, "third", "cs_z")):  # fmt: skip
        with pytest.raises(UnauthenticatedError):
            check(timestamp, nonce, secret)


def test_oauthlib_comes_to_the_same_signature() -> None:
    oauth1 = pytest.importorskip("oauthlib.oauth1")
    client = oauth1.Client(
        "ck_x", client_secret="cs_y", signature_method="HMAC-SHA256", signature_type="QUERY",
        nonce="abc", timestamp="1000",
    )  # fmt: skip
    uri, _, _ = client.sign(f"{URL}?modified_after=2026-03-01T09%3A30%3A00&page=1")
    base = signature_base_string(
        "GET",
        URL,
        {
            "modified_after": "2026-03-01T09:30:00", "page": "1", "oauth_consumer_key": "ck_x",
            "oauth_nonce": "abc", "oauth_signature_method": "HMAC-SHA256",
            "oauth_timestamp": "1000", "oauth_version": "1.0",
        }.items(),
    )  # fmt: skip
    assert f"oauth_signature={percent_encode(sign(base, 'cs_y'))}" in uri
