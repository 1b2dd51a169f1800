"""Who opens the owner's pages: the passcode, one-time links, and signing out."""

from __future__ import annotations

from tests.pages.owner.browsers import OwnerSitePages


def test_a_stranger_sees_the_form_of_the_passcode_and_comes_to_the_page(
    owner_site: OwnerSitePages,
) -> None:
    stranger = owner_site.stranger()
    page = stranger.open("/health")
    assert "Passcode" in page.text
    assert "Sources" not in page.text
    response = stranger.post("/sign-in", {"passcode": "three green apples", "page": "/health"})
    assert (response.status_code, response.headers["location"]) == (303, "/health")
    assert stranger.get("/health").status_code == 200
