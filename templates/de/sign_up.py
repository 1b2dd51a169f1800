"""The sentence that people agree to on the sign-up page, where the owner has not written one."""

from __future__ import annotations

SAYS = (
    "{shop} darf mir per E-Mail schreiben: Neuigkeiten, Angebote und Erinnerungen. "
    "Ich kann mich jederzeit mit dem Link am Ende jeder E-Mail abmelden."
)
SAYS_WITH_LIMIT = (
    "{shop} darf mir per E-Mail schreiben: Neuigkeiten, Angebote und Erinnerungen, höchstens "
    "{limit}. Ich kann mich jederzeit mit dem Link am Ende jeder E-Mail abmelden."
)
EMAILS_ONE = "{count} E-Mail"
EMAILS = "{count} E-Mails"
# After "2 E-Mails", by the unit of the length of time.
PER_ONE = {"minutes": "pro Minute", "hours": "pro Stunde", "days": "pro Tag", "weeks": "pro Woche"}
PER = {
    "minutes": "in {count} Minuten",
    "hours": "in {count} Stunden",
    "days": "in {count} Tagen",
    "weeks": "in {count} Wochen",
}
