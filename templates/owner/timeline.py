"""Sentences of the page of a customer: their timeline, and when they are expected."""

from __future__ import annotations

# What happened, by `engine.people.timeline.Kind`; a number of things with their plural.
ORDER = {"till": "Bought at the till", "online": "Bought online"}
ORDER_AWAITS_PAYMENT = "Ordered, not paid yet"
ORDER_DOES_NOT_COUNT = "An order that does not count: cancelled, unpaid, empty or a test"
CART = "Left a basket"
CART_BOUGHT = "Filled a basket, and bought it"
BOOKINGS = {
    "booked": "Appointment",
    "kept": "Came to an appointment",
    "missed": "Missed an appointment",
    "cancelled": "Cancelled an appointment",
}
ANSWER = "Answered a survey"
SCORES = {"csat": "{score} of 5", "nps": "{score} of 10 for recommending you"}
POINTS = {
    "earned": "Earned {points}",
    "spent": "Spent {points}",
    "expired": "Lost {points}, which expired",
    "reversed": "Lost {points} with a refund",
    "adjusted": "Points corrected: {points}",
}
ONE_POINT, MANY_POINTS = "1 point", "{points} points"
MAILS = {
    "awaiting approval": "A mail waits for your approval",
    "queued": "A mail waits to go",
    "deferred": "A mail was put off",
    "sending": "A mail is on its way",
    "in a digest": "A mail went together with another",
    "sent": "Mail sent",
    "delivered": "Mail delivered",
    "bounced": "Mail came back",
    "complained": "Mail reported as spam",
    "in doubt": "A mail that may or may not have gone",
    "rehearsed": "Mail rehearsed: nothing was sent",
    "skipped": "A mail was not sent",
    "failed": "A mail failed",
    "declined": "You declined a mail",
}
MAIL_EVENT = "Mail {kind}"
BY_MACHINE = "by a machine, not a person"
TASK = "Task for you"
TASK_DONE = "Task done"
CONSENT = {
    "yes": "Said yes to mail",
    "no": "Said no to mail",
    "none": "Neither yes nor no to mail",
    "unread": "What they said about mail could not be read",
}
MERGED = "Two records became one person"
MERGED_BY = "customer {number}, by the same {reason}"
SUPPRESSED = "Mail to their address stopped"
LIFTED = "Mail to their address allowed again"
IMPORTED = "On a list without mail that you imported"
JOINED = "Became a customer"

# When they are expected, by their own rhythm.
LAST_HERE = "Was last here {ago}"
EVERY = ", usually comes every {days}"
OVERDUE = "; overdue since {day}"
EXPECTED = "; overdue from {day} on"
NO_RHYTHM = "; too few visits to know how often they come"
NEVER_HERE = "Has not been here yet, as far as the last run saw"
TODAY, YESTERDAY, DAYS_AGO = "today", "yesterday", "{days} ago"
ONE_DAY, MANY_DAYS = "1 day", "{days} days"
