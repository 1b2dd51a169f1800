"""The sentence that people agree to on the sign-up page, where the owner has not written one."""

from __future__ import annotations

SAYS = (
    "{shop} puede escribirme por correo electrónico: novedades, ofertas y recordatorios. "
    "Puedo darme de baja cuando quiera, con el enlace al final de cada correo."
)
SAYS_WITH_LIMIT = (
    "{shop} puede escribirme por correo electrónico: novedades, ofertas y recordatorios, "
    "como máximo {limit}. "
    "Puedo darme de baja cuando quiera, con el enlace al final de cada correo."
)
EMAILS_ONE = "{count} correo"
EMAILS = "{count} correos"
# After "2 correos", by the unit of the length of time.
PER_ONE = {
    "minutes": "por minuto",
    "hours": "por hora",
    "days": "por día",
    "weeks": "por semana",
}
PER = {
    "minutes": "cada {count} minutos",
    "hours": "cada {count} horas",
    "days": "cada {count} días",
    "weeks": "cada {count} semanas",
}
