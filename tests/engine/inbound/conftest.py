"""Mails that were sent and may come back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cafe import Cafe
from tests.engine.delivery.test_sender_outcomes import (
    FakeMailService,
    mail_service,
)

__all__ = ["mail_service"]  # the fixture


@pytest.fixture
def links(cafe: Cafe, mail_service: FakeMailService) -> dict[str, str]:
    """The first mails are sent to Ana, Bruno and Clara; returns their unsubscribe links."""
    links_found: dict[str, str] = {}
    send = mail_service.send

    def noting(mails: Any, check: Any) -> Any:
        links_found.update(
            {mail.to_address.partition("@")[0]: mail.unsubscribe_url for mail in mails}
        )
        return send(mails, check)

    mail_service.send = noting  # type: ignore[method-assign,assignment]  # to record the links
    cafe.run()
    return links_found
