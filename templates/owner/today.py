"""Sentences of Today, on the page, in the command and in the morning letter."""

from __future__ import annotations

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

VISITS = "Visits this week"
RETURNING = "Had been here before"
MAILS = "E-mails this week"
REACH = "May be mailed"

# Under the number: what it was, or what is usual.
ON_LAST_WEEK = "{days}: {count}. The same {noun} last week: {before}. All of last week: {total}"
MORE, FEWER, AS_MANY = "{number} more than", "{number} fewer than", "as many as"
LAST_WEEK_TOTAL = "all of last week: {total}"
NO_LAST_WEEK = "last week is not in the data"
USUALLY = "usually {low} to {high}"
USUALLY_ONE = "usually {low}"
TOO_FEW = "of each 100 only from 30 visits on"
NOT_USUAL_YET = "what is usual shows after some weeks"
OPENING = "the others may have come before {day}, where the data begin"
MAILS_LAST_WEEK = "{count} at this time last week"
HELD = "{count} for your word"
QUEUED = "{count} for their time"
REACH_CHANGE = "{change} a week before"
REACH_NO_CHANGE = "no count of a week before yet"
SAID_NO = "{count} said no"
COUNTED = "counted {moment}"
NOT_COUNTED = "The next run counts them: regulars run"

# In the morning letter.
VISITS_SENTENCE = "This week: {count} {noun} so far. {beside}."

# What a number means.
VISITS_DEFINITION = (
    "A visit is one customer on one day, however many orders. From Monday to now; the comparison "
    "leaves out today, which is not over."
)
RETURNING_DEFINITION = (
    "Of the visits in the seven days to today, those of people with an earlier visit. Usual is "
    "what the eight weeks before were, without the lowest and the highest."
)
MAILS_DEFINITION = "What went to customers from Monday to now; in a rehearsal, what was rehearsed."
REACH_DEFINITION = "Customers who said yes, or may be mailed because they bought."
DAYS_DEFINITION = "People who had been here before, and new ones. Today is hatched: it is not over."
DAYS_OPENING = (
    "Until {day}, the first 180 days of the data, people without an earlier visit are shown as "
    "seen for the first time: they may have come before the data begin."
)
