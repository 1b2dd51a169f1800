"""Twenty ways in which an export can differ from the published one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random

from tests.connectors.csv.recognition.exports import Export

USUAL_ROWS, FEW_ROWS, MANY_ROWS = 8, 5, 5_000
LANGUAGES: Mapping[str, Mapping[str, str]] = {
    "German": {
        "e-mail": "E-Mail-Adresse", "customer": "Kundennummer", "first name": "Vorname",
        "last name": "Nachname", "name": "Vollständiger Name", "phone": "Telefonnummer",
        "birthday": "Geburtstag", "joined": "Kunde seit", "consent": "Newsletter-Einwilligung",
        "said no": "Vom Newsletter abgemeldet", "when": "Bestelldatum", "time": "Uhrzeit",
        "total": "Gesamtbetrag", "order": "Bestellnummer", "product": "Artikel",
        "quantity": "Menge", "status": "Bestellstatus", "channel": "Verkaufskanal",
    },
    "French": {
        "e-mail": "Adresse e-mail", "customer": "Numéro client", "first name": "Prénom",
        "last name": "Nom de famille", "name": "Nom complet", "phone": "Téléphone",
        "birthday": "Date de naissance", "joined": "Client depuis", "consent": "Consentement",
        "said no": "Désabonné", "when": "Date de commande", "time": "Heure",
        "total": "Montant total", "order": "Numéro de commande", "product": "Produit",
        "quantity": "Quantité", "status": "Statut de la commande", "channel": "Canal de vente",
    },
    "Spanish": {
        "e-mail": "Correo electrónico", "customer": "Número de cliente", "first name": "Nombre",
        "last name": "Apellidos", "name": "Nombre completo", "phone": "Teléfono",
        "birthday": "Fecha de nacimiento", "joined": "Fecha de alta", "consent": "Consentimiento",
        "said no": "Dado de baja", "when": "Fecha de compra", "time": "Hora",
        "total": "Importe total", "order": "Número de pedido", "product": "Producto",
        "quantity": "Cantidad", "status": "Estado del pedido", "channel": "Canal de venta",
    },
    "Portuguese": {
        "e-mail": "Correio eletrónico", "customer": "Número de cliente",
        "first name": "Primeiro nome", "last name": "Apelido", "name": "Nome completo",
        "phone": "Telemóvel", "birthday": "Data de nascimento", "joined": "Cliente desde",
        "consent": "Consentimento", "said no": "Cancelou a subscrição",
        "when": "Data da compra", "time": "Hora", "total": "Valor total",
        "order": "Número da encomenda", "product": "Produto", "quantity": "Quantidade",
        "status": "Estado da encomenda", "channel": "Canal de venda",
    },
    "Italian": {
        "e-mail": "Indirizzo e-mail", "customer": "Codice cliente", "first name": "Nome",
        "last name": "Cognome", "name": "Nominativo", "phone": "Telefono",
        "birthday": "Data di nascita", "joined": "Cliente dal", "consent": "Consenso",
        "said no": "Disiscritto", "when": "Data ordine", "time": "Ora",
        "total": "Importo totale", "order": "Numero ordine", "product": "Prodotto",
        "quantity": "Quantità", "status": "Stato ordine", "channel": "Canale",
    },
    "Dutch": {
        "e-mail": "E-mailadres", "customer": "Klantnummer", "first name": "Voornaam",
        "last name": "Achternaam", "name": "Volledige naam", "phone": "Telefoonnummer",
        "birthday": "Geboortedatum", "joined": "Klant sinds", "consent": "Toestemming nieuwsbrief",
        "said no": "Uitgeschreven", "when": "Besteldatum", "time": "Tijdstip",
        "total": "Totaalbedrag", "order": "Bestelnummer", "product": "Artikel",
        "quantity": "Aantal", "status": "Bestelstatus", "channel": "Kanaal",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """An altered export, and how it is written. `changed` are roles whose column is not there."""

    export: Export
    delimiter: str = ","
    encoding: str = "utf-8"
    changed: frozenset[str] = frozenset()


def shuffled(seed: int) -> Callable[[Export], Variant]:
    def alter(export: Export) -> Variant:
        headings = [*export.headings]
        Random(seed).shuffle(headings)  # noqa: S311 - the same order each time
        return Variant(replace(export, headings=tuple(headings)))

    return alter


def added(export: Export, *, in_front: bool) -> Variant:
    """Two columns of the owner's own."""
    own = ("Allergies", "Favourite table")
    rows = tuple(
        row | {"Allergies": "nuts" if index % 3 == 0 else "", own[1]: str(index % 7)}
        for index, row in enumerate(export.rows)
    )
    headings = (*own, *export.headings) if in_front else (*export.headings, *own)
    return Variant(replace(export, headings=headings, rows=rows))


def without(*roles: str) -> Callable[[Export], Variant]:
    """Without the column of the first of `roles` that the export has."""

    def alter(export: Export) -> Variant:
        role = next((role for role in roles if role in export.roles), None)
        removed = export.roles[role] if role else export.headings[-1]
        headings = tuple(name for name in export.headings if name != removed)
        return Variant(
            replace(export, headings=headings), changed=frozenset([role] if role else [])
        )

    return alter


def without_unread(export: Export) -> Variant:
    read = set(export.roles.values())
    unread = [name for name in export.headings if name not in read]
    removed = Random(3).choice(unread)  # noqa: S311 - the same one each time
    headings = tuple(name for name in export.headings if name != removed)
    return Variant(replace(export, headings=headings))


def translated(language: str) -> Callable[[Export], Variant]:
    """The columns that are read have headings in `language`; codes and the others stay."""

    def alter(export: Export) -> Variant:
        words = dict(LANGUAGES[language])
        if export.truth.holds == "orders" and "@" in next(iter(export.truth.orders.values()))[0]:
            words["customer"] = words["e-mail"]
        names = {heading: words[role] for role, heading in export.roles.items() if role in words}
        rows = tuple(
            {names.get(heading, heading): cell for heading, cell in row.items()}
            for row in export.rows
        )
        headings = tuple(names.get(heading, heading) for heading in export.headings)
        return Variant(
            replace(export, headings=headings, rows=rows),
            changed=frozenset(role for role in ("consent", "said no") if role in export.roles),
        )

    return alter


def capitals(export: Export) -> Variant:
    rows = tuple({name.upper(): cell for name, cell in row.items()} for row in export.rows)
    return Variant(replace(export, headings=tuple(map(str.upper, export.headings)), rows=rows))


def semicolons(export: Export) -> Variant:
    return Variant(export, delimiter=";", encoding="cp1252")


def tabs(export: Export) -> Variant:
    return Variant(export, delimiter="\t", encoding="utf-8-sig")


VARIANTS: Mapping[str, tuple[int, Callable[[Export], Variant]]] = {
    "as exported": (USUAL_ROWS, Variant),
    "shuffled": (USUAL_ROWS, shuffled(1)),
    "shuffled otherwise": (USUAL_ROWS, shuffled(2)),
    "two added behind": (USUAL_ROWS, lambda export: added(export, in_front=False)),
    "two added in front": (USUAL_ROWS, lambda export: added(export, in_front=True)),
    "key removed": (USUAL_ROWS, without("e-mail", "customer")),
    "consent or status removed": (USUAL_ROWS, without("consent", "said no", "status")),
    "total or name removed": (USUAL_ROWS, without("total", "first name", "name")),
    "date or phone removed": (USUAL_ROWS, without("when", "phone")),
    "an unread one removed": (USUAL_ROWS, without_unread),
    **{language: (USUAL_ROWS, translated(language)) for language in LANGUAGES},
    "capitals, semicolons": (USUAL_ROWS, lambda export: replace(capitals(export), delimiter=";")),
    "tabs, BOM": (USUAL_ROWS, tabs),
    "5 rows, Latin-1": (FEW_ROWS, semicolons),
    "5,000 rows": (MANY_ROWS, Variant),
}
