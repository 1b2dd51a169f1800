"""What owners read about mails that wait for their approval."""

from __future__ import annotations

DECIDED_BY = {
    "command": "by a command",
    "page": "on the owner's pages",
    "link": "by a link of the morning letter",
}
# What becomes of a mail that is approved now.
GOES = "goes with the next run"
IS_REHEARSED = "is rehearsed with the next run"
GOES_LATER = "goes on {moment}: {reason}"
IS_STOPPED = "goes when you start {what} again"
ALL_MAIL = "mail"
# Reasons of the gate, as an owner would say them.
REASONS = {
    "no address": "has no e-mail address any more",
    "no basis": "has given no consent that counts",
    "said no": "has unsubscribed",
    "no longer a customer at any source": "is no longer a customer at any source",
    "their consent could not be read": "has a consent that could not be read",
    "too young for advertising": "is too young for advertising",
    "too late": "it would be too late",
    "the rule is no longer in the file": "the rule is no longer in the file",
    "the step is no longer in the file": "the step is no longer in the file",
    "no mail to this address": "the address gets no mail",
    "could not be written": "the mail could not be written",
    "quiet hours": "until then are quiet hours",
    "usual time": "mail goes at the usual time",
    "closed": "until then the shop is closed",
    "still shopping": "the cart was touched a moment ago",
    "the data are too old": "a source has to be read first",
    "enough mail for now": "they have had enough mail for now",
}
# The page behind a link of the morning letter.
WHAT = "They wait for your word. These are the first of them, as they would be written now."
WHAT_ALL = "They wait for your word. This is how they would be written now."
WHAT_ONE = "It waits for your word. This is how it would be written now."
OUTLOOK = "Approved now, it {goes}."
OUTLOOK_REFUSED = "It no longer goes: {refusal}."
EARLIER = "{decided} of the {mails} in the letter no longer wait{decision}."
UNTIL = "This link decides once, until {moment}. What came up after the letter is not part of it."
NO_PASSCODE = (
    "This concerns more people, or more, than a link alone may decide, and your pages have no "
    "passcode to ask for. Decide on the machine itself: regulars approve {rule}"
)
WRONG_PASSCODE = "That is not the passcode. Nothing was decided."
TOO_MANY_TRIES = "Too many tries. Nothing was decided: wait a minute, then try again."
NO_DECISION = "Nothing was decided: the form did not arrive whole. Press the button again."
NO_DECISION_PAGE = ("Nothing was decided", "The form did not arrive whole. Go back, and try again.")
OLD_LINK = (
    "This link is over",
    "It worked until {moment}. The next morning letter brings new ones.",
)
VERY_OLD_LINK = (
    "This link is over",
    "It is from an old letter. The newest one has links for what waits now.",
)
NOTHING_WAITS = (
    "Nothing of it waits any more",
    "What this link was about has been decided, or was dropped as too late.",
)
UNKNOWN_LINK = (
    "This link opens nothing",
    "It is not whole, or not from this shop, or the shop's key has changed since the letter.",
)
USED_LINK = (
    "Already decided",
    "{decision} with this link on {moment}. It decides once; this changed nothing.",
)
APPROVED = ("Approved", "{mails} with the next run, unless something else says no by then.")
DECLINED = ("Declined", "{mails}, and what was to follow is ended too.")
DROPPED = "{mails} no longer: {reasons}."
TRY_AGAIN = ("Try again in a minute", "There were too many requests from your network.")
BUSY = ("Try again in a minute", "The database is busy. Nothing was changed.")
# After a decision on the page Waiting.
NOTICES = {
    "approved": "They go with the next run, outside quiet hours and within your limits.",
    "declined": "They never go, and what was to follow is ended too.",
}
