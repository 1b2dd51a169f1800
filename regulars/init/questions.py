"""The questions of `regulars init`: nine numbered ones, and those that follow from an answer."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.csv.consent.imported_consent import HOW, WHERE
from connectors.setup import Setup, SetupQuestion
from connectors.setup_registry import setups
from mail.senders.registry import providers
from settings.questions import Question

QUESTION_COUNT = 9
KINDS = ("customers", "orders", "answers")
MAILING_PLATFORMS = [setup.label for setup in setups() if setup.sends_mail]
_OFFERS = [provider.offer or provider.name for provider in providers()]
# The rehearsal comes last: smtp (your mail server), or outbox (decide later).
OFFERS = f"{', '.join(_OFFERS[:0:-1])}, or {_OFFERS[0]}"


def numbered(choices: Sequence[str]) -> str:
    """Return "1 by phone, 2 online"."""
    return ", ".join(f"{number} {choice}" for number, choice in enumerate(choices, start=1))


NAME = Question("What is your shop called?", "--name", number=1)
COUNTRY = Question("In which country is it?", "--country", number=2, hint="Portugal, or PT")
CURRENCY = Question("Which currency do you count in?", "--currency", hint="EUR")
LANGUAGE = Question(
    "Which language do most of your customers read?", "--language", default="", needed=False
)
TIMEZONE = Question("Which of its clocks is yours?", "--timezone")
POSTAL_ADDRESS = Question(
    "What is its postal address?",
    "--postal-address",
    number=3,
    hint="It stands at the end of every advertising mail: the law asks for it.",
)
E_MAIL = Question(
    "What are your name and your e-mail address?",
    "--e-mail",
    number=4,
    hint="Mail comes from you, and answers reach you. Like: Ana <ana@yourshop.com>",
)
RUNS_ON = Question(
    "What does the shop run on?",
    number=5,
    default="none",
    needed=False,
    hint=f"{', '.join(setup.choice_hint for setup in setups())}, several of them, or none yet",
)
FILE = Question(
    "Which file?",
    "--csv",
    default="",
    hint="Several with commas, *.csv, a folder, or a zip. Enter where there is none.",
)
CHANGE = Question("What is to be changed?", default="", needed=False)
SOURCE_NAME = Question(
    "What shall the source be called?", default="", needed=False, hint="Like: old-till"
)
KIND = Question(
    "What does it hold?",
    default="",
    needed=False,
    hint=f"{numbered(KINDS)}, or leave out",
)
COLUMN = Question("Which column is that?", default="", needed=False)
NEXT_FILE_HINT = "Another, the number of one to change how it is read, or Enter to go on."
# The option answers the three questions below at once.
IMPORTED_CONSENT = Question(
    "How, where and since when did the people of a list say yes to mail?",
    "--imported-consent",
    default="",
    needed=False,
)
CONSENT_HOW = Question(
    "How did they say yes to your mail?",
    default="none",
    needed=False,
    hint=f"{numbered(HOW)}. Or none, where you do not know: then nobody is mailed because of it."
    " Or back, for another file.",
)
CONSENT_WHERE = Question(
    "Where was that?", default="none", needed=False, hint=f"{numbered(WHERE)}, none, or back"
)
CONSENT_SINCE = Question(
    "Since when has everybody in the list been asked like that?",
    default="none",
    needed=False,
    hint="A day or a month, like 1 June 2024, or June 2024",
)
CONSENT_CONFIRMED = Question(
    "Is that true of every one of them?", default="no", needed=False, hint="yes or no"
)
BRAND = Question(
    "What are your colour and your logo?",
    number=6,
    default="",
    needed=False,
    hint="Like: #00aa55 logo.png (a PNG, JPEG or GIF in this folder), one of the two, or none",
)
# The options answer the question above in two parts.
COLOUR = Question("What is your colour?", "--colour", default="", needed=False, hint="#00aa55")
LOGO = Question(
    "Which file is your logo?", "--logo", default="", needed=False, hint="A PNG, JPEG or GIF"
)
OTHERS_MAIL = Question(
    "Does anybody else mail your customers about baskets they left, or on their birthdays?",
    "--others-mail",
    number=7,
    default="none",
    needed=False,
    hint=f"{', '.join([*MAILING_PLATFORMS, 'Klaviyo', 'Mailchimp …?'])} carts, birthdays, both,"
    " or none",
)
SEND_THROUGH = Question(
    "How shall mail go, once you have seen it rehearsed?",
    "--send-through",
    number=8,
    default="outbox",
    needed=False,
    hint=f"{OFFERS}. Until you switch it on, nobody gets anything.",
)
PUBLIC_ADDRESS = Question(
    "At which web address can customers reach the pages of Regulars?",
    "--public-address",
    number=9,
    default="none",
    needed=False,
    hint="They unsubscribe there: docs/pages.md. With none, they answer the mail instead.",
)


def platform_question(question: SetupQuestion) -> Question:
    """Return a platform's own question as one that the owner can leave for later with Enter."""
    return Question(
        question.text,
        question.flag,
        question.env,
        default="",
        needed=not question.optional,
        hint=question.hint,
    )


def platform_questions(setup: Setup) -> list[Question]:
    return [platform_question(question) for question in setup.questions]


PLATFORM_QUESTIONS = [question for setup in setups() for question in platform_questions(setup)]
SENDER_QUESTIONS = [question for provider in providers() for question in provider.questions]
ALL_QUESTIONS = (
    NAME, COUNTRY, LANGUAGE, CURRENCY, TIMEZONE, POSTAL_ADDRESS, E_MAIL, RUNS_ON,
    *PLATFORM_QUESTIONS, FILE,
    IMPORTED_CONSENT, BRAND, COLOUR, LOGO, OTHERS_MAIL,
    SEND_THROUGH, *SENDER_QUESTIONS, PUBLIC_ADDRESS,
)  # fmt: skip
