"""Ids of messages: only this shop can compute them."""

from __future__ import annotations

import hashlib
import hmac
import json

PURPOSE = b"regulars/message-id/1/"  # a link signed with the same secret is no message id
LENGTH = 32  # hex digits: 128 bits of the HMAC


def message_id(secret: str, rule: str, customer_id: int, occasion: str, step: str) -> str:
    """Returns the id of a mail: an HMAC-SHA256 of its key with the shop's `secret`.

    Computing it again gives the same id. A report about a mail is believed by its id, so nobody
    else may be able to compute it. Raises ValueError for an empty `secret`.
    """
    if not secret:
        raise ValueError("Message ids cannot be made with an empty secret.")
    key = json.dumps([rule, customer_id, occasion, step])
    return hmac.digest(secret.encode(), PURPOSE + key.encode(), hashlib.sha256).hex()[:LENGTH]
