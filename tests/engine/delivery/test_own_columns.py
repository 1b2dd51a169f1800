"""A mail shows what the shop's own columns say of its recipient."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from tests.cafe import DAY, MARCH, Cafe
from tests.rows import custom_field, identity

RULES = """
sources:
  old-list:
    from: csv
    holds: customers
    file: config.yaml
    columns: {e-mail: Email, my columns: {favourite roast: Roast}}
rules:
  we-miss-you: {when: no visit, for: 45 days, then: [{send: come-back}]}
"""
TEMPLATE = (
    '{% extends "layout.html" %}{% block subject %}Come back{% endblock %}'
    "{% block content %}<p>Your roast: "
    '{{ customer.my.favourite_roast | default("any") }}.</p>{% endblock %}'
)


def test_each_recipient_reads_their_own_value(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "come-back.html").write_text(TEMPLATE)
    cafe = Cafe(engine, tmp_path, RULES)
    cafe.run(MARCH - 60 * DAY)
    for name, roast in {"ana": "dark", "bruno": "light", "clara": None}.items():
        cafe.customer(name)
        fields = [custom_field(name, "favourite roast", roast, version=2)] if roast else []
        record = identity(name, email=f"{name}@example.com", version=2)
        cafe.arrive(identities=[record], custom_fields=fields)
        cafe.visits(name, MARCH - 45 * DAY)
    cafe.run()
    texts = [mail.get_body(("plain",)) for mail in cafe.mails()]
    shown = [text.get_content() for text in texts if text]
    for text, roast in zip(shown, ("dark", "light", "any"), strict=True):
        assert f"Your roast: {roast}." in text
