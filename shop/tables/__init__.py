"""The tables. Money is in minor units of its currency, moments are aware and in UTC."""

from __future__ import annotations

from shop.tables.approvals import ApprovalDecision, ApprovalLink, ApprovalLinkMessage
from shop.tables.customers import (
    Basis,
    BasisStatement,
    Contact,
    Customer,
    CustomerSearch,
    CustomField,
    Identity,
    Merge,
    SharedPhone,
)
from shop.tables.days import ReachDay, ShopDay, ShopDayChange, VisitDay
from shop.tables.doctor import DoctorRun
from shop.tables.enrolments import Enrolment
from shop.tables.language import EarlierLanguage
from shop.tables.location import DatabaseLocation
from shop.tables.locks import Lock
from shop.tables.mail_events import (
    ImportedSuppression,
    MailEvent,
    Stop,
    Suppression,
    SuppressionImport,
    WriteBack,
)
from shop.tables.messages import Message
from shop.tables.orders import (
    Answer,
    Booking,
    Cart,
    CartLine,
    Metrics,
    Order,
    OrderCoupon,
    OrderLine,
    Refund,
)
from shop.tables.points import PointsBalance, PointsEntry, PointsLot
from shop.tables.rule_counts import RuleCount
from shop.tables.signups import SignUp
from shop.tables.sources import ListedRecord, QuarantinedRecord, SyncState
from shop.tables.tasks import Task
from shop.tables.ticks import ChangeMarker, RuleState, Tick

__all__ = [
    "Answer",
    "ApprovalDecision",
    "ApprovalLink",
    "ApprovalLinkMessage",
    "Basis",
    "BasisStatement",
    "Booking",
    "Cart",
    "CartLine",
    "ChangeMarker",
    "Contact",
    "CustomField",
    "Customer",
    "CustomerSearch",
    "DatabaseLocation",
    "DoctorRun",
    "EarlierLanguage",
    "Enrolment",
    "Identity",
    "ImportedSuppression",
    "ListedRecord",
    "Lock",
    "MailEvent",
    "Merge",
    "Message",
    "Metrics",
    "Order",
    "OrderCoupon",
    "OrderLine",
    "PointsBalance",
    "PointsEntry",
    "PointsLot",
    "QuarantinedRecord",
    "ReachDay",
    "Refund",
    "RuleCount",
    "RuleState",
    "SharedPhone",
    "ShopDay",
    "ShopDayChange",
    "SignUp",
    "Stop",
    "Suppression",
    "SuppressionImport",
    "SyncState",
    "Task",
    "Tick",
    "VisitDay",
    "WriteBack",
]
