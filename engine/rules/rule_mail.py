"""The real rendering of a rule's mail, with a made-up customer's facts or those of a customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from engine.open.open_shop import OpenShop
from engine.preview.customer_facts import load_facts
from engine.preview.previewed_mail import PreviewedMail
from engine.preview.sample_facts import facts_of_sample
from mail.message.pictures import shown_pictures, viewable_html
from mail.render.renderer import RenderedMail
from settings.errors import WrongUsageError
from shop.db.engine import read_transaction
from shop.tables import Customer
from templates.language import shipped_languages
from triggers.config import Rule, Send
from triggers.durations import lead_time
from triggers.registry import event_of
from triggers.steps import step_at


def find_mail(rule: Rule, name: str, place: str) -> PreviewedMail | None:
    """Returns the mail of the step at `place` of the rule called `name`; None for another step."""
    try:
        step = step_at(rule, place)
    except ValueError:  # no place
        return None
    if not isinstance(step, Send):
        return None
    event = event_of(rule)
    return PreviewedMail(
        step.send, name, event.facts, step.with_ or {}, event.purpose, lead_time(rule)
    )


def mail_languages(shop: OpenShop, template: str) -> list[str]:
    """Returns the codes of the languages in which `template` can be written, the shop's first."""
    own = shop.language.code
    others = [
        code
        for code in shipped_languages()
        if code != own and shop.mail_language(template, code).code == code
    ]
    return [own, *others]


def render_mail(
    shop: OpenShop,
    mail: PreviewedMail,
    *,
    now: datetime,
    language: str | None = None,
    customer_id: int | None = None,
) -> RenderedMail:
    """Returns `mail` as it would be sent, with pictures that a browser shows.

    For the customer `customer_id`, in their language; without one, for a made-up reader of
    `language`. Raises `WrongUsageError` where the customer has nothing that the mail is about.
    """
    if customer_id is not None:
        address = _address_of(shop, customer_id)
        facts = load_facts(shop.engine, shop.config, mail, address, now=now, renderer=shop.renderer)
    else:
        reader = shop.mail_language(mail.template, language or shop.language.code)
        facts = facts_of_sample(shop.config, mail, now=now, language=reader)
    rendered = shop.renderer.render(mail.template, facts)
    pictures = shown_pictures(shop.appearance, rendered.html)
    return replace(rendered, html=viewable_html(rendered.html, pictures))


def _address_of(shop: OpenShop, customer_id: int) -> str:
    with read_transaction(shop.engine) as connection:
        query = select(col(Customer.email)).where(col(Customer.id) == customer_id)
        address = connection.scalar(query)
    if address is None:
        raise WrongUsageError("There is no such customer, or their e-mail address is not known.")
    return str(address)
