"""The till's data as Square's objects."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.loyalty_programme import EXPIRY_MONTHS, Account, Event
from sandbox.menu import Line
from sandbox.till import Booking, Refund, payment_id
from sandbox.till_customers import Sale, TillCustomer

Record = dict[str, Any]
LOCATION_ID = "LCORNERCAFE1"
PROGRAM_ID = "5f0c9a3e-corner-cafe-stamps"
OPENED = datetime(2024, 9, 1, 7, tzinfo=UTC)
# The field of an event that holds its points and other details, by type.
EVENT_DETAIL_FIELDS = {
    "ACCUMULATE_POINTS": "accumulate_points",
    "ACCUMULATE_PROMOTION_POINTS": "accumulate_promotion_points",
    "CREATE_REWARD": "create_reward",
    "REDEEM_REWARD": "redeem_reward",
    "DELETE_REWARD": "delete_reward",
    "ADJUST_POINTS": "adjust_points",
    "EXPIRE_POINTS": "expire_points",
    "OTHER": "other_event",
}


def location_record(code: str = LOCATION_ID, name: str = "Corner Café") -> Record:
    return {
        "id": code,
        "name": name,
        "timezone": "Europe/Lisbon",
        "status": "ACTIVE",
        "currency": "EUR",
    }


def customer_record(customer: TillCustomer) -> Record:
    """Return `customer` as Square's object Customer."""
    return drop_none(
        {
            "id": customer.code,
            "created_at": format_time(customer.created_at),
            "updated_at": format_time(customer.updated_at),
            "given_name": customer.given_name,
            "family_name": customer.family_name,
            "email_address": customer.email,
            "phone_number": customer.phone,
            "birthday": customer.birthday,
            "preferences": {"email_unsubscribed": customer.unsubscribed},
            "creation_source": customer.creation_source,
            "version": 0,
        }
    )


def order_record(sale: Sale) -> Record:
    """Return `sale` as Square's object Order."""
    paid = sale.state == "COMPLETED" and not sale.returned_sale
    return drop_none(
        {
            "id": sale.code,
            "location_id": LOCATION_ID,
            "source": {"name": "Square Online" if sale.picked_up else "Square Point of Sale"},
            "customer_id": None if sale.customer_on_payment else sale.customer,
            "line_items": [line_record(*line) for line in enumerate(sale.lines)] or None,
            "fulfillments": [fulfilment(sale)] if sale.picked_up else None,
            "returns": [{"uid": "back", "source_order_id": sale.returned_sale}]
            if sale.returned_sale
            else None,
            "tenders": [tender(sale)] if paid else None,
            "created_at": format_time(sale.created_at),
            "updated_at": format_time(sale.updated_at),
            "closed_at": None if sale.state in ("OPEN", "DRAFT") else format_time(sale.created_at),
            "state": sale.state,
            "version": 4,
            "total_money": money(sale.total),
            "net_amount_due_money": money(0 if paid else sale.total),
        }
    )


def line_record(index: int, line: Line) -> Record:
    return {
        "uid": f"line-{index}",
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
    payment = payment_id(sale.code)
    return drop_none(
        {
            "id": payment,
            "type": "CARD",
            "customer_id": sale.customer,
            "amount_money": money(sale.total),
            "payment_id": payment,
        }
    )


def refund_record(refund: Refund) -> Record:
    """Return `refund` as Square's object PaymentRefund."""
    return {
        "id": refund.code,
        "status": refund.status,
        "location_id": LOCATION_ID,
        "unlinked": False,
        "amount_money": money(refund.amount),
        "payment_id": refund.payment,
        "order_id": refund.order,
        "reason": "Returned goods",
        "created_at": format_time(refund.created_at),
        "updated_at": format_time(refund.updated_at),
    }


def programme_record() -> Record:
    return {
        "id": PROGRAM_ID,
        "status": "ACTIVE",
        "expiration_policy": {"expiration_duration": f"P{EXPIRY_MONTHS}M"},
        "terminology": {"one": "Point", "other": "Points"},
        "location_ids": [LOCATION_ID],
        "created_at": format_time(OPENED),
        "updated_at": format_time(OPENED),
    }


def account_record(account: Account) -> Record:
    """Return `account` as Square's object LoyaltyAccount."""
    deadlines = [
        {"points": points, "expires_at": format_time(expires_at)}
        for points, expires_at in account.expirations
    ]
    return drop_none(
        {
            "id": account.code,
            "program_id": PROGRAM_ID,
            "balance": account.balance,
            "lifetime_points": account.lifetime,
            "customer_id": account.customer,
            "enrolled_at": format_time(account.enrolled_at),
            "created_at": format_time(account.enrolled_at),
            "updated_at": format_time(account.updated_at),
            "mapping": {
                "id": f"map-{account.code}",
                "created_at": format_time(account.enrolled_at),
                "phone_number": account.phone,
            },
            "expiring_point_deadlines": deadlines or None,
        }
    )


def event_record(event: Event) -> Record:
    """Return `event` as Square's object LoyaltyEvent."""
    details = {"points": event.points, "order_id": event.sale, "reward_id": event.reward}
    if event.type == "ACCUMULATE_PROMOTION_POINTS":
        details["loyalty_promotion_id"] = "rainy-tuesdays"
    if event.type == "ADJUST_POINTS":
        details["reason"] = "Sorry about the wait"
    if event.type == "REDEEM_REWARD":
        details["points"] = None  # they were taken when the reward was created
    return {
        "id": event.code,
        "type": event.type,
        "created_at": format_time(event.at),
        "loyalty_account_id": event.account,
        "location_id": LOCATION_ID,
        "source": "SQUARE",
        EVENT_DETAIL_FIELDS[event.type]: drop_none({"loyalty_program_id": PROGRAM_ID, **details}),
    }


def booking_record(booking: Booking) -> Record:
    """Return `booking` as Square's object Booking."""
    return drop_none(
        {
            "id": booking.code,
            "version": 1,
            "status": booking.status,
            "created_at": format_time(booking.created_at),
            "updated_at": format_time(booking.updated_at),
            "start_at": format_time(booking.start_at),
            "location_id": LOCATION_ID,
            "customer_id": booking.customer,
            "appointment_segments": [
                {"duration_minutes": booking.minutes, "team_member_id": "TM-ANA"}
            ],
        }
    )


def drop_none(record: Record) -> Record:
    """Return `record` without the fields that are None: Square omits unknown values."""
    return {name: value for name, value in record.items() if value is not None}


def money(cents: int) -> Record:
    return {"amount": cents, "currency": "EUR"}


def format_time(moment: datetime) -> str:
    """Return `moment` in UTC; like Square, some with milliseconds and some without."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}" + (".000Z" if utc.second % 2 else "Z")
