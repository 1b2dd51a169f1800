"""Rows as a connector returns them: Ana, Bruno and Clara at the Corner Café."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shop.identity.customers import email_key


def identity(
    name: str, *, email: str | None = None, version: int = 1, **more: Any
) -> dict[str, Any]:
    return {
        "source": "online-shop", "external_id": name, "email": email, "email_key": email_key(email),
        "phone": None, "first_name": name.title(), "last_name": None, "language": None,
        "birthday": None, "tags": "[]", "joined_at": None, "version": version,
    } | more  # fmt: skip


def custom_field(name: str, field: str, value: str, *, version: int = 1) -> dict[str, Any]:
    return {
        "source": "online-shop", "external_id": name, "name": field, "value": value,
        "version": version,
    }  # fmt: skip


def statement(name: str, consent: str, at: datetime, **more: Any) -> dict[str, Any]:
    return {
        "customer_id": None, "source": "online-shop", "external_id": name, "channel": "e-mail",
        "says": consent, "said_at": at, "recorded_at": at, "evidence": "SUBSCRIBED",
        "wording": None, "actor": name,
    } | more  # fmt: skip


def order(
    key: str, customer: str | None, at: datetime, *, version: int = 1, **more: Any
) -> dict[str, Any]:
    return {
        "source": "online-shop", "external_id": key, "customer_source": "online-shop",
        "customer_key": customer, "placed_at": at, "total": 1250, "currency": "EUR",
        "channel": "online", "counts": True, "version": version,
    } | more  # fmt: skip


def order_line(key: str, position: int, title: str, *, version: int = 1) -> dict[str, Any]:
    return {
        "source": "online-shop", "order_key": key, "position": position, "title": title,
        "product_key": None, "quantity": 1, "total": 1250, "version": version,
    }  # fmt: skip


def order_coupon(key: str, position: int, code: str, *, version: int = 1) -> dict[str, Any]:
    return {
        "source": "online-shop", "order_key": key, "position": position, "code": code,
        "discount": 100, "version": version,
    }  # fmt: skip


def cart(
    key: str, customer: str | None, at: datetime, *, version: int = 1, **more: Any
) -> dict[str, Any]:
    return {
        "source": "online-shop", "external_id": key, "customer_source": "online-shop",
        "customer_key": customer, "left_at": at, "converted_at": None, "total": 1850,
        "currency": "EUR", "url": "https://corner-cafe.example/recover", "version": version,
    } | more  # fmt: skip


def cart_line(
    key: str, position: int, title: str, total: int, *, version: int = 1
) -> dict[str, Any]:
    return {
        "source": "online-shop", "cart_key": key, "position": position, "title": title,
        "product_key": None, "picture": None, "quantity": 1, "total": total, "version": version,
    }  # fmt: skip


def refund(
    key: str, order_key: str, total: int, at: datetime, *, version: int = 1
) -> dict[str, Any]:
    return {
        "source": "online-shop", "external_id": key, "order_key": order_key, "refunded_at": at,
        "total": total, "version": version,
    }  # fmt: skip
