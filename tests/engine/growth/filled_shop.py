"""A shop with a rule of each kind of event, and as many customers as a test wants."""

from __future__ import annotations

from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.rows import custom_field, identity, order, order_line, statement

RULES = f"""{FILE}
loyalty:
  earn: 1 point per 1
  expire after: 365 days
  rewards:
    a coffee: 20 points
sources:
  old-list:
    from: csv
    holds: customers
    file: config.yaml
    columns:
      e-mail: Email
      my columns:
        allergy: Allergies
rules:
  cart:
    when: cart abandoned
    for: 3 hours
    if:
      cart total: at least 1
    then:
      - send: cart-reminder
      - wait: 2 days
      - send: cart-reminder
    stop when: order placed
  absence:
    when: no visit
    for: 45 days
    unless:
      visits: at least 100
      my:
        allergy: contains nuts
    then:
      - if:
          orders: at least 1
        then:
          - send: we-miss-you
  birthday:
    when: birthday
    in: 3 days
    then:
      - send: birthday
  hello:
    when: subscribed
    then:
      - send: welcome
  how-was-it:
    when: survey answered
    if:
      csat: at most 2
    then:
      - send: sorry-from-the-owner
      - task: Call them
  points:
    when: points earned
    then:
      - send: points-earned
  ending:
    when: points expire
    in: 14 days
    then:
      - send: points-expiring
"""


def add_customers(cafe: Cafe, number: int) -> None:
    """Customers who said yes and have bought twice, of whom half left a cart four hours ago."""
    names = [f"customer-{position}" for position in range(number)]
    orders = [(f"{name}-{visit}", name, visit) for name in names for visit in range(2)]
    cafe.arrive(
        identities=[identity(name, email=f"{name}@example.com") for name in names],
        custom_fields=[custom_field(name, "allergy", "nuts and eggs") for name in names],
        statements=[statement(name, "yes", MARCH - 400 * DAY) for name in names],
        orders=[order(key, name, MARCH - (20 * visit + 30) * DAY) for key, name, visit in orders],
        order_lines=[order_line(key, 0, "Flat white") for key, _, _ in orders],
    )
    cafe.leave_carts(MARCH - 4 * HOUR, *names[::2])
