"""SendGrid's published description of mail/send, made strict: what it does not name is refused."""

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
    return [f"{one.json_path}: {one.message}" for one in _validator().iter_errors(payload)]


@cache
def _validator() -> Draft202012Validator:
    published = json.loads(CONTRACT.read_text(encoding="utf-8"))
    schemas = published["components"]["schemas"]
    body = published["components"]["requestBodies"]["PostMailSend"]["content"]["application/json"]
    strict = {name: _strictly(one) for name, one in schemas.items()}
    return Draft202012Validator(_strictly(body["schema"]) | {"components": {"schemas": strict}})


def _strictly(schema: Any) -> Any:
    """Unknown fields are refused, and so is what `format` alone would let through."""
    if isinstance(schema, list):
        return [_strictly(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    strict = {key: _strictly(one) for key, one in schema.items()}
    if isinstance(strict.get("properties"), dict) and "additionalProperties" not in strict:
        strict["additionalProperties"] = False
    if strict.get("format") == "email":
        strict["pattern"] = ADDRESS
    return strict
