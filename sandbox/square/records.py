"""The café as Square's objects."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.loyalty_programme import MONTHS, Account, Event
from sandbox.menu import Line
from sandbox.till import Booking, GivenBack, payment_of
from sandbox.till_customers import Sale, TillCustomer

Record = dict[str, Any]
LOCATION = "LCORNERCAFE1"
PROGRAMME = "5f0c9a3e-corner-cafe-stamps"
OPENED = datetime(2024, 9, 1, 7, tzinfo=UTC)
# Which part of an event tells its points, and which other things stand there.
PARTS = {
    "ACCUMULATE_POINTS": "accumulate_points",
    "ACCUMULATE_PROMOTION_POINTS": "accumulate_promotion_points",
    "CREATE_REWARD": "create_reward",
    "REDEEM_REWARD": "redeem_reward",
    "DELETE_REWARD": "delete_reward",
    "ADJUST_POINTS": "adjust_points",
    "EXPIRE_POINTS": "expire_points",
    "OTHER": "other_event",
}


def location_record(code: str = LOCATION, name: str = "Corner Café") -> Record:
    return {
        "id": code,
        "name": name,
        "timezone": "Europe/Lisbon",
        "status": "ACTIVE",
        "currency": "EUR",
    }


def customer_record(who: TillCustomer) -> Record:
    return without_blanks(
        {
            "id": who.code,
            "created_at": stamp(who.created_at),
            "updated_at": stamp(who.updated_at),
            "given_name": who.given_name,
            "family_name": who.family_name,
            "email_address": who.email,
            "phone_number": who.phone,
            "birthday": who.birthday,
            "preferences": {"email_unsubscribed": who.unsubscribed},
            "creation_source": who.creation_source,
            "version": 0,
        }
    )


def order_record(sale: Sale) -> Record:
    paid = sale.state == "COMPLETED" and not sale.brings_back
    return without_blanks(
        {
            "id": sale.code,
            "location_id": LOCATION,
            "source": {"name": "Square Online" if sale.fetched else "Square Point of Sale"},
            "customer_id": None if sale.on_payment else sale.customer,
            "line_items": [line_record(*place) for place in enumerate(sale.lines)] or None,
            "fulfillments": [fulfilment(sale)] if sale.fetched else None,
            "returns": [{"uid": "back", "source_order_id": sale.brings_back}]
            if sale.brings_back
            else None,
            "tenders": [tender(sale)] if paid else None,
            "created_at": stamp(sale.created_at),
            "updated_at": stamp(sale.updated_at),
            "closed_at": None if sale.state in ("OPEN", "DRAFT") else stamp(sale.created_at),
            "state": sale.state,
            "version": 4,
            "total_money": money(sale.total),
            "net_amount_due_money": money(0 if paid else sale.total),
        }
    )


def line_record(place: int, line: Line) -> Record:
    return {
        "uid": f"line-{place}",
        "name": line.product.title,
        "quantity": str(line.quantity),
        "catalog_object_id": line.product.sku,
        "variation_name": "Regular",
        "base_price_money": money(line.product.price),
        "total_money": money(line.total),
    }


def fulfilment(sale: Sale) -> Record:
    state = "CANCELED" if sale.state == "CANCELED" else "COMPLETED"
    return {"uid": "fetched", "type": "PICKUP", "state": state}


def tender(sale: Sale) -> Record:
    payment = payment_of(sale.code)
    return without_blanks(
        {
            "id": payment,
            "type": "CARD",
            "customer_id": sale.customer,
            "amount_money": money(sale.total),
            "payment_id": payment,
        }
    )


def refund_record(given: GivenBack) -> Record:
    return {
        "id": given.code,
        "status": given.status,
        "location_id": LOCATION,
        "unlinked": False,
        "amount_money": money(given.amount),
        "payment_id": given.payment,
        "order_id": given.order,
        "reason": "Returned goods",
        "created_at": stamp(given.created_at),
        "updated_at": stamp(given.updated_at),
    }


def programme_record() -> Record:
    return {
        "id": PROGRAMME,
        "status": "ACTIVE",
        "expiration_policy": {"expiration_duration": f"P{MONTHS}M"},
        "terminology": {"one": "Point", "other": "Points"},
        "location_ids": [LOCATION],
        "created_at": stamp(OPENED),
        "updated_at": stamp(OPENED),
    }


def account_record(account: Account) -> Record:
    ending = [{"points": many, "expires_at": stamp(at)} for many, at in account.ending]
    return without_blanks(
        {
            "id": account.code,
            "program_id": PROGRAMME,
            "balance": account.balance,
            "lifetime_points": account.lifetime,
            "customer_id": account.customer,
            "enrolled_at": stamp(account.enrolled_at),
            "created_at": stamp(account.enrolled_at),
            "updated_at": stamp(account.updated_at),
            "mapping": {
                "id": f"map-{account.code}",
                "created_at": stamp(account.enrolled_at),
                "phone_number": account.phone,
            },
            "expiring_point_deadlines": ending or None,
        }
    )


def event_record(event: Event) -> Record:
    part = {"points": event.points, "order_id": event.sale, "reward_id": event.reward}
    if event.type == "ACCUMULATE_PROMOTION_POINTS":
        part["loyalty_promotion_id"] = "rainy-tuesdays"
    if event.type == "ADJUST_POINTS":
        part["reason"] = "Sorry about the wait"
    if event.type == "REDEEM_REWARD":
        part["points"] = None  # they went when the reward was made
    return {
        "id": event.code,
        "type": event.type,
        "created_at": stamp(event.at),
        "loyalty_account_id": event.account,
        "location_id": LOCATION,
        "source": "SQUARE",
        PARTS[event.type]: without_blanks({"loyalty_program_id": PROGRAMME, **part}),
    }


def booking_record(booking: Booking) -> Record:
    return without_blanks(
        {
            "id": booking.code,
            "version": 1,
            "status": booking.status,
            "created_at": stamp(booking.created_at),
            "updated_at": stamp(booking.updated_at),
            "start_at": stamp(booking.start_at),
            "location_id": LOCATION,
            "customer_id": booking.customer,
            "appointment_segments": [
                {"duration_minutes": booking.minutes, "team_member_id": "TM-ANA"}
            ],
        }
    )


def without_blanks(record: Record) -> Record:
    """Square leaves out what it does not know."""
    return {name: value for name, value in record.items() if value is not None}


def money(cents: int) -> Record:
    return {"amount": cents, "currency": "EUR"}


def stamp(moment: datetime) -> str:
    """With thousandths here and without there: Square writes both."""
    written = moment.astimezone(UTC)
    return f"{written:%Y-%m-%dT%H:%M:%S}" + (".000Z" if written.second % 2 else "Z")
