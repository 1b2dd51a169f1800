"""The sentence that people agree to on the sign-up page, where the owner has not written one."""

from __future__ import annotations

SAYS = (
    "{shop} pode escrever-me por e-mail: novidades, ofertas e lembretes. "
    "Posso cancelar a subscrição quando quiser, com o link no fim de cada e-mail."
)
SAYS_WITH_LIMIT = (
    "{shop} pode escrever-me por e-mail: novidades, ofertas e lembretes, no máximo {limit}. "
    "Posso cancelar a subscrição quando quiser, com o link no fim de cada e-mail."
)
EMAILS_ONE = "{count} e-mail"
EMAILS = "{count} e-mails"
# After "2 e-mails", by the unit of the length of time.
PER_ONE = {
    "minutes": "por minuto",
    "hours": "por hora",
    "days": "por dia",
    "weeks": "por semana",
}
PER = {
    "minutes": "em {count} minutos",
    "hours": "em {count} horas",
    "days": "em {count} dias",
    "weeks": "em {count} semanas",
}
