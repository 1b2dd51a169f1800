"""SendGrid's OpenAPI of mail/send, made strict: unknown fields are violations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types

CONTRACT = Path(__file__).parents[3].parent / "shared/contracts/sendgrid/tsg_mail_v3.json"
ADDRESS = r"^[^\s@]+@[^\s@]+$"


def violations(payload: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in _validator().iter_errors(payload)]


@cache
def _validator() -> Draft202012Validator:
    published = json.loads(CONTRACT.read_text(encoding="utf-8"))
    schemas = published["components"]["schemas"]
    body = published["components"]["requestBodies"]["PostMailSend"]["content"]["application/json"]
    strict = {name: _make_strict(schema) for name, schema in schemas.items()}
    return Draft202012Validator(_make_strict(body["schema"]) | {"components": {"schemas": strict}})


def _make_strict(schema: Any) -> Any:
    """Refuses unknown fields, and checks `format: email`."""
    if isinstance(schema, list):
        return [_make_strict(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    strict = {key: _make_strict(part) for key, part in schema.items()}
    if isinstance(strict.get("properties"), dict) and "additionalProperties" not in strict:
        strict["additionalProperties"] = False
    if strict.get("format") == "email":
        strict["pattern"] = ADDRESS
    return strict
