"""What a response of SendGrid means, status by status."""

from __future__ import annotations

import pytest

from mail.senders.sendgrid.responses import (
    DeliveryStopped,
    RateLimited,
    RequestAccepted,
    RequestRejected,
    RequestTooLarge,
    interpret_response,
)

KEY = "sending → sendgrid → api key ($SENDGRID_API_KEY)"
BODY = b'{"errors": [{"message": "The provided key is none.", "field": null}]}'


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (202, RequestAccepted),
        (400, RequestRejected),
        (413, RequestTooLarge),
        (429, RateLimited),
        (200, DeliveryStopped),
        (302, DeliveryStopped),
        (401, DeliveryStopped),
        (402, DeliveryStopped),
        (403, DeliveryStopped),
        (404, DeliveryStopped),
        (500, DeliveryStopped),
    ],
)
def test_every_status_has_its_meaning(status: int, kind: type) -> None:
    assert type(interpret_response(status, {}, BODY, KEY)) is kind


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, f"SendGrid does not accept {KEY} (The provided key is none). Look at it there"),
        (402, "SendGrid refuses the request (status 402) (The provided key is none)"),
        (
            403,
            (
                f"SendGrid does not let {KEY} send in the name of `from` (The provided key is"
                " none). Give the key Mail Send, and verify the sender there"
            ),
        ),
        (404, "SendGrid refuses the request (status 404) (The provided key is none)"),
        (500, "SendGrid failed (status 500)"),
    ],
)
def test_a_refusal_names_its_cause(status: int, sentence: str) -> None:
    response = interpret_response(status, {}, BODY, KEY)
    assert isinstance(response, DeliveryStopped)
    assert response.reason == sentence
    assert response.in_doubt == (status >= 500)
