"""Pages are in the customer's language, else in the visitor's, else in the shop's."""

from __future__ import annotations

import pytest

from tests.cafe import Cafe
from tests.pages.visitors import OpenPages, visible_text
from tests.rows import identity


def read(pages: OpenPages, path: str, accept: str = "", method: str = "GET") -> str:
    answer = pages.visit(method, path, headers={"accept-language": accept} if accept else {})
    return f"{answer.headers['content-language']}: {visible_text(answer.text)}"


@pytest.fixture
def french(pages_after_mail: OpenPages) -> OpenPages:
    clara = identity("clara", email="clara@example.com", language="fr-CA", version=2)
    pages_after_mail.cafe.arrive(identities=[clara])
    return pages_after_mail


def test_the_link_of_a_customer_opens_a_page_in_their_language(french: OpenPages) -> None:
    path = f"/u/{french.token('clara')}"
    assert "fr: " in read(french, path)
    assert "Ne voulez-vous plus recevoir d’e-mails" in read(french, path, accept="de")
    assert "de: " in read(french, f"{path}?lang=de")
    assert "C’est fait" in read(french, path, method="POST")


def test_the_evidence_is_the_page_as_they_saw_it(french: OpenPages) -> None:
    french.visit("POST", f"/u/{french.token('clara')}?by=page")
    assert any("Ne voulez-vous plus" in str(opt_out) for opt_out in french.opt_outs())


@pytest.mark.parametrize(
    ("accept", "code"),
    [
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("pl, nl;q=0.3, it;q=0.5", "it"),
        ("pl", "en"),
        ("x" * 5_000, "en"),
        ("de;q=zero, fr;q=0", "en"),
    ],
)
def test_of_a_stranger_the_browser_tells(cafe: Cafe, accept: str, code: str) -> None:
    assert read(OpenPages(cafe), "/nowhere", accept).startswith(f"{code}: ")
