"""Models of a small config.yaml, declared as the product's packages declare theirs."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from settings.model import ConfigModel, VerbDiscriminator
from settings.shop import Shop
from settings.values import (
    AskAbove,
    Comparison,
    DailyLimit,
    EmailLimit,
    EnvText,
    HoursOfDay,
    Length,
    NamedAddress,
    OrEnvName,
    Secret,
    Slug,
    TimeOfDay,
    YesNo,
)


class Facts(ConfigModel):
    """Conditions on a customer."""

    visits: Comparison | None = None
    cart_total: Comparison | None = None
    tags: list[str] | None = None
    any_of: list[Facts] | None = None


class Send(ConfigModel):
    """A step that sends a mail."""

    send: Slug
    with_: dict[str, str] | None = None
    approve_first: YesNo = False


class Wait(ConfigModel):
    """A step that waits."""

    wait: Length | Literal["as long as usual"]


class Task(ConfigModel):
    """A step for a person."""

    task: str
    due_in: Length | None = None


class Branch(ConfigModel):
    """A step with two branches."""

    if_: Facts
    then: list[Step]
    else_: list[Step] | None = None


Step = Annotated[Send | Wait | Task | Branch, VerbDiscriminator()]


class Rule(ConfigModel):
    """An event and its steps."""

    when: Literal["cart abandoned", "no visit", "birthday"]
    for_: Length | Literal["longer than usual"] | None = None
    in_: Length | None = None
    if_: Facts | None = None
    then: Annotated[list[Step], Field(min_length=1)]


class Shopify(ConfigModel):
    """A source with a secret."""

    from_: Literal["shopify"]
    store: str
    client_secret: Secret


class Customers(ConfigModel):
    """A CSV source of customers."""

    from_: Literal["csv"]
    holds: Literal["customers"]
    file: str
    columns: dict[Literal["email", "birthday"], str] | None = None


class Orders(ConfigModel):
    """A CSV source of orders."""

    from_: Literal["csv"]
    holds: Literal["orders"]
    file: str
    currency: str


Csv = Annotated[Customers | Orders, Field(discriminator="holds")]
Source = Annotated[Shopify | Csv, Field(discriminator="from_")]


class Outbox(ConfigModel):
    """A sender that writes files."""

    through: Literal["outbox"]
    folder: EnvText = "outbox"


class Smtp(ConfigModel):
    """A mail server, with optional limits."""

    through: Literal["smtp"]
    host: EnvText
    port: int = 587
    password: Secret | None = None
    from_: Annotated[NamedAddress, OrEnvName()]
    usual_time: TimeOfDay | None = None
    quiet_hours: HoursOfDay | None = None
    no_more_than: EmailLimit | None = None
    ask_me_above: AskAbove | None = None
    include_backlog: DailyLimit | None = None


class CornerConfig(ConfigModel):
    """The whole config.yaml."""

    shop: Shop | None = None
    sources: dict[Slug, Source] = Field(default_factory=dict)
    sending: Annotated[Outbox | Smtp, Field(discriminator="through")] | None = None
    rules: dict[Slug, Rule] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _mails_need_a_sender(self) -> Self:
        if self.sending and not self.shop and self.rules:
            raise ValueError("Mails need a shop: write shop: as well.")
        return self
