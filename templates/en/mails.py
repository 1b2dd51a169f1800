"""Sentences that Regulars itself writes into an e-mail to a customer."""

from __future__ import annotations

UNSUBSCRIBE = "Unsubscribe"
