"""Words for yes and no in exported lists and custom fields."""

from __future__ import annotations

from shop.consent.basis import ConsentValue

YES = frozenset({
    "yes", "y", "true", "1", "x", "subscribed", "opted in", "opt-in", "ja", "sim", "sí", "si",
    "oui", "✓",
})  # fmt: skip
NO = frozenset({
    "no", "n", "false", "0", "unsubscribed", "cleaned", "opted out", "opt-out", "nein", "não",
    "nao", "non",
})  # fmt: skip


def parse_consent(text: str) -> ConsentValue:
    """Return what `text` says, in any capitals; anything unknown says neither yes nor no."""
    word = text.strip().casefold()
    if word in YES:
        return ConsentValue.YES
    return ConsentValue.NO if word in NO else ConsentValue.NONE
