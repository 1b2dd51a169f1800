"""The words of config.yaml that cannot be used yet. Building one means deleting its line here."""

from __future__ import annotations

from functools import partial

from connectors.setup_registry import setups
from settings.yaml.planned_word import Place, PlannedWord, PlannedWords

_event = partial(PlannedWord, Place.EVENT)
_fact = partial(PlannedWord, Place.FACT)
_rule = partial(PlannedWord, Place.RULE)
_of_event = partial(PlannedWord, Place.RULE, of_event=True)
_step = partial(PlannedWord, Place.STEP)
_stop = partial(PlannedWord, Place.STOP)
_top = partial(PlannedWord, Place.TOP)

AFTER_VISIT = "mail a day after the last visit with when: no visit, for: 1 day"
DAYS_AFTER_VISIT = "mail some days after the last visit with when: no visit, for: 5 days"
FIRST_ORDER = f"{AFTER_VISIT}, and below if: visits: exactly 1 for the first one"
FEWER_POINTS = "use when: points earned, and below if: points: at least 40"
STOPS = "the series also ends when its own reason is gone"
ASK = "use a task: in words that tell you what to do"
ELSEWHERE = "let the program that knows of it write that mail"
CONDITIONS = "write the conditions below if: in each rule"
LIMITS = "the same words below sending: hold for all mail"
IN_ALL = "count in all, like visits: at least 3"
CODE = "write one code for all into the words below with:"

WORDS = (
    _event("order placed", FIRST_ORDER),
    _event("order delivered", DAYS_AFTER_VISIT),
    _event("order refunded", ""),
    _event("visit", FIRST_ORDER),
    _event("customer joined", "use when: subscribed, for a new yes to your mail"),
    _event("anniversary", ""),
    _event("booking ahead", ELSEWHERE),
    _event("booking made", ELSEWHERE),
    _event("booking kept", ELSEWHERE),
    _event("booking missed", ELSEWHERE),
    _event("booking cancelled", ELSEWHERE),
    _event("points spent", "it can be written after stop when:"),
    _event("reward near", FEWER_POINTS),
    _event("reward unused", FEWER_POINTS),
    _event("tier reached", FEWER_POINTS),
    _event("nothing heard", "use when: no visit, for: 270 days"),
    _event("date", ""),
    _event("segment joined", CONDITIONS),
    _event("segment left", CONDITIONS),
    _event("back in stock", ELSEWHERE),
    _event("price drops", ""),
    _event("product added", ""),
    _event("gift card unused", ""),
    _event("orders unusual", "regulars morning shows each day what went"),
    _fact("any of", "write one rule for each of them"),
    _fact("last visit", "use when: no visit, with for:"),
    _fact("joined", "use when: subscribed"),
    _fact("average order", "compare total spent and orders"),
    _fact("bought", "use tags: of your online shop"),
    _fact("this order has", "use tags: of your online shop"),
    _fact("product", "use tags: of your online shop"),
    _fact("mailed", "no more than: below sending: limits how much mail a customer gets"),
    _fact("language", ""),
    _fact("city", "use tags: of your online shop"),
    _fact("source", ""),
    _fact("channel", ""),
    _fact("overdue", "use when: no visit, for: longer than usual"),
    _fact("expected back", "use when: no visit, for: longer than usual"),
    _fact("likely to spend", "use total spent"),
    _fact("segment", CONDITIONS),
    *(
        _fact(f"reminded by {setup.name}", "switch one of the two reminders off")
        for setup in setups()
        if setup.has_carts
    ),
    PlannedWord(
        Place.FACT_VALUE, "a count of some time", IN_ALL,
        pattern=r"\b(in|within) the (last|past)\b|\bsince\b|\bin [0-9]+ days\b",
    ),
    _rule("again after", "no more than: below sending: limits how much mail a customer gets"),
    _rule("once", ""),
    _rule("starts", "add the rule when it is to begin"),
    _rule("ends", "regulars pause RULE, or take the rule out"),
    _rule("paused", "regulars pause RULE"),
    _rule("send between", "usual time: and quiet hours: below sending: hold for all mail"),
    _rule("no more than", LIMITS),
    _rule("ask me above", LIMITS),
    _rule("set aside", ""),
    _rule("topic", ""),
    _of_event("segment", CONDITIONS),
    _of_event("of", ""),
    _of_event("missing", ""),
    _of_event("on", ""),
    _of_event("to", ""),
    _of_event("by", ""),
    _step("notify owner", ASK),
    _step("tag", ASK),
    _step("untag", ASK),
    _step("stop mailing", "a task: to run regulars suppress ADDRESS"),
    _step("call", ASK),
    _step("survey", "a link to your form in the mail; its answers are read as a file of rows"),
    _step("give points", ASK),
    _step("give reward", ASK),
    _step("give treat", "name the treat in a mail, with: treat: a free cappuccino"),
    _step("give code", CODE),
    _step("try", ""),
    _stop("buys again", "stop when: order placed counts any order"),
    _stop("anything heard", "stop when: visit"),
    _stop("order refunded", STOPS),
    _stop("booking made", STOPS),
    _stop("booking cancelled", STOPS),
    PlannedWord(
        Place.WAIT, "waiting until a time", "write a length, like wait: 2 days; usual time: below "
        "sending: chooses the hour", pattern=r"\buntil\b|\busual\b",
    ),
    _top("segments", CONDITIONS),
    _top("campaigns", "every mail comes from a rule"),
    _top("surveys", "answers collected elsewhere are read as a file of rows", "docs/sources.md"),
    _top("topics", "one yes counts for all mail", "docs/consent.md"),
    _top("privacy", "", "docs/consent.md"),
    _top("costs", ""),
    _top("targets", ""),
    PlannedWord(Place.SHOP, "kind", "", "docs/shop.md"),
    PlannedWord(
        Place.SENDING, "warm up", "ask me above: asks you before much mail goes", "docs/sending.md"
    ),
    PlannedWord(Place.LOYALTY, "tiers", FEWER_POINTS, "docs/points.md"),
    PlannedWord(Place.LOYALTY, "punch card", "", "docs/points.md"),
)  # fmt: skip

PLANNED_WORDS = PlannedWords(WORDS)
