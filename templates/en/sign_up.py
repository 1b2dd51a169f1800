"""The sentence that people agree to on the sign-up page, where the owner has not written one."""

from __future__ import annotations

SAYS = (
    "{shop} may write to me: news, offers and reminders by e-mail. "
    "I can leave at any time, with the link at the end of every mail."
)
SAYS_WITH_LIMIT = (
    "{shop} may write to me: news, offers and reminders by e-mail, {limit} at most. "
    "I can leave at any time, with the link at the end of every mail."
)
EMAILS_ONE = "{count} email"
EMAILS = "{count} emails"
# After "2 emails", by the unit of the length of time.
PER_ONE = {"minutes": "per minute", "hours": "per hour", "days": "per day", "weeks": "per week"}
PER = {
    "minutes": "per {count} minutes",
    "hours": "per {count} hours",
    "days": "per {count} days",
    "weeks": "per {count} weeks",
}
