"""Sentences of `regulars why` and `regulars customers show`."""

from __future__ import annotations

# The basis: which statement decides, or why there is none.
SAID_ON = "said on {moment}"
UNDATED = "without a date, heard on {moment}"
STATEMENT = "{date}{address}: {evidence} ({source})"
FOR_ADDRESS = " for {address}"
SOURCE_AND_ACTOR = "{source}, by {actor}"
NO_EVIDENCE = "nothing"
OPT_IN_REVOKED = "their yes was taken back"
OPT_IN_OF_OTHER_ADDRESS = (
    "their yes was for {address}, which is no longer the address of that record"
)
OPT_IN_WITHOUT_ADDRESS = "their yes came without an e-mail address"
BOUGHT_ELSEWHERE = "{reason}, but without the address that mail goes to"
NEVER_OPTED_IN = "never said yes"
# By shop.identity.absence.Absence: why a record no longer counts.
ABSENCES = {
    "gone": "no longer at {source} since {moment}, so what it said does not count",
    "source removed": "{source} left config.yaml on {moment}, so its yes does not count",
}

# Mail that is held.
HELD_SINCE = "since {moment}"
HELD_SINCE_BECAUSE = "since {moment}: {because}"

# Why an occasion has not begun.
DUE_ON = "comes due on {moment}"
BEFORE_RULE = "it came due before the rule began to look, on {moment}"
RULE_NEVER_RUN = "no run has looked at this rule yet, and it looks forward from its first run"
NO_BACKLOG = "{reason}; the rule has no include backlog"
BACKLOG = "{reason}; include backlog: {backlog}"
NO_BACKLOG_OF_DAYS = "{reason}, but for a day of the calendar there is none"
BACKLOG_TOO_LATE = "{reason}, but it is too late for it"
BACKLOG_TURN = "{reason}: its turn comes with one of the next runs"
NEXT_RUN = "no run has looked at it since: the next one does"
PASSED = (
    "the rule has looked until {moment}; "
    "it looks at this again when something about the customer changes"
)
ALREADY_MAILED = "this time away has had its mail, written {moment}"
ANSWERED_BY_SERIES = "a series that is under way answers it, begun {moment}"

# An occasion that was evaluated, and its conditions.
TRIGGER = "{event}"
TRIGGER_FOR = "{event} for {length}"
TRIGGER_IN = "{event} in {length}"
VERDICT = "looked at on {moment}: {verdict}"
VERDICTS = {
    "if not met": "not all that it asks was true",
    "no address": "no e-mail address was known",
    "no basis": "there was no yes that allows it",
    "too late": "it was too late",
}
REEVALUATED_NEXT = "{reason}; something has changed since, and the next run looks again"
REEVALUATED = "{reason}; asked again when something about them changes"
REEVALUATED_UNTIL = "{reason}; asked again when something about them changes, until {moment}"
COULD_HAVE_BEGUN = "{reason}; it could have begun until {moment}"
BEGAN = "began on {moment}"
BEGAN_DONE = "began on {moment}; nothing is left to do"
BEGAN_ENDED = "began on {moment}; ended: {reason}"
BEGAN_WILL_END = "began on {moment}; its next step ends it: {reason}"
CAME_DUE = "came due on {moment}"
ADDRESS_NEEDED = "an e-mail address"
BASIS_NEEDED = "a yes, or existing customer"
BASIS_NEEDED_FOR_SERVICE = "anything but a no"
BASIS_WITH_REASON = "{basis} ({reason})"

# Steps.
SEND = "send {template}"
WAIT = "wait {length}"
TASK = "task: {words}"
ADDED_LATER = "was not in the file yet when they were at this place"
WRITTEN_DOWN = "written down"
NEXT_RUN_WRITES = "the next run writes it"
IN_DIGEST = "{state}, in one mail with {mail}"
COMES_NEXT = "comes next"
WAITS = "waits"
WAIT_OVER = "over"
WENT_THEN = "was true: then"
WENT_ELSE = "was not true: else"
WENT_PAST = "led past its steps"
ASKED_LATER = "is asked when its turn comes"

# What the gate would decide now.
PUT_OFF = "put off"
PUT_OFF_BECAUSE = "put off: {reason}"
GOES = "goes with the next run"
IS_REHEARSED = "is rehearsed with the next run"
NOTHING_HELD = "nothing is held"
ALL_MAIL_HELD = "all mail is held {since}"
RULE_HELD = "the mail of {rule} is held {since}"
APPROVE_UNTIL = "approve within: until {moment}"
NOT_APPROVED = "{reason} ({setting})"
WAITS_FOR_APPROVAL = "it waits for your word ({setting}): regulars approve {id}"
RETRIED_AT = "tried again {moment}: {reason}"
STILL_APPLIES = "its reason still holds"
NO_ADDRESS = "no address is known"
NOT_SUPPRESSED = "nothing is known against the address"
COULD_GO_UNTIL = "it could go until {moment}"
MAY_GO_UNTIL = "it may go until {moment}"
BASIS = "{basis} (a {purpose} mail)"
TOO_YOUNG = "{age} years old; below {youngest} nobody gets advertising (consent: youngest age)"
LAST_READ = "{source} was last read on {moment}"
NEVER_READ = "{source} has not been read to its end yet"
CART_TOUCHED = "the cart was last touched {moment}"
NOT_BEFORE = "{reason}, so not before {moment}"
CAP_COUNTED = "{cap} (went: {moments})"
CAP_UNUSED = "{cap} (none went)"
