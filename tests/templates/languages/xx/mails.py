"""Sentences of a made-up language."""

UNSUBSCRIBE = "Nomailix"
REASON = "Gettix: {cause}."
REASON_OPTED_IN = "Gettix: {cause}, yessix."
REASON_OPTED_IN_ON = "Gettix: {cause}, yessix {date}."
CAUSE_CORRECTION = "mistakix"
CAUSE_CUSTOMER = "customerix"
