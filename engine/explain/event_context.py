"""What an event needs to know about the customer to explain itself."""

from __future__ import annotations

from engine.explain.load_customer import CustomerHistory
from templates.language import ENGLISH
from triggers.config import Rule
from triggers.event import ExplainContext
from triggers.registry import event_of


def describe_trigger(history: CustomerHistory, rule: Rule) -> str:
    """Return the trigger of `rule` with its length, such as "no visit for 45 days"."""
    sentences, length = history.sentences, rule.for_ or rule.in_
    template = sentences.TRIGGER
    if length:
        template = sentences.TRIGGER_FOR if rule.for_ else sentences.TRIGGER_IN
    text: str = template.format(event=rule.when, length=length)
    return text


def explain_context(history: CustomerHistory, rule: Rule) -> ExplainContext:
    """Returns the context in which the event of `rule` describes occasions of this customer."""
    return ExplainContext(
        connection=history.connection,
        customer_id=history.customer.number,
        zone=history.shop.config.shop.zone,
        sentences=event_of(rule).sentences(),
        format_time=history.format_time,
        format_day=ENGLISH.date,
    )
