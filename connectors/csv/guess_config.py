"""Guesses from a file's column headings what it holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.csv.table import inspect_table
from settings.errors import SourceDataError

# Headings in English, Portuguese, Spanish, French, German, Italian and Dutch, compared without
# accents, capitals and punctuation.
HEADINGS = {
    "e-mail": "email emailaddress mail customeremail primaryemail correio correioeletronico "
    "correoelectronico correo courriel adressemail adresseemail emailadresse mailadresse "
    "indirizzoemail postaelettronica emailadres",
    "customer": "customer customerid customernumber customerno clientid client cliente "
    "idcliente clienteid codigocliente numerocliente kunde kundennummer kundenid klant klantid "
    "klantnummer codicecliente idclient numeroclient",
    "first name": "first firstname givenname forename nome primeironome nombre prenom vorname "
    "voornaam",
    "last name": "last lastname surname familyname apelido sobrenome ultimonome apellido apellidos "
    "nom nomdefamille nachname familienname cognome achternaam",
    "phone": "phone phonenumber mobile mobilephone cell telephone telefone telemovel celular "
    "telefono movil telefon telefonnummer handy mobil portable cellulare telefoon "
    "telefoonnummer mobiel",
    "birthday": "birthday birthdate dateofbirth dob datadenascimento nascimento aniversario "
    "fechadenacimiento cumpleanos datedenaissance anniversaire geburtstag geburtsdatum "
    "datadinascita compleanno geboortedatum verjaardag",
    "joined": "joined since membersince created createdat datecreated registered signupdate "
    "clientedesde registado alta inscrit inscription angemeldet kundeseit iscritto lidsinds",
    "language": "language locale lang idioma lingua langue sprache taal",
    "consent": "newsletter consent acceptsmarketing acceptsemailmarketing marketing subscribed "
    "optin emailoptin emailmarketing maymail consentimento aceitamarketing subscrito "
    "consentimiento aceptamarketing suscrito abonne consentement einwilligung newsletteroptin "
    "consenso iscrittonewsletter toestemming nieuwsbrief boletim boletin",
    "when": "when date orderdate purchasedate orderedat purchasedat processedat answered "
    "answeredat submittedat timestamp data datadacompra fecha fechadecompra datecommande "
    "dateachat datum bestelldatum kaufdatum datadiacquisto besteldatum aankoopdatum",
    "total": "total amount ordertotal grandtotal totalprice price sum valor montante importe "
    "precio montant prix betrag summe gesamt preis importo totale prezzo bedrag totaal",
    "order": "order orderid ordernumber orderno receipt receiptnumber invoice encomenda pedido "
    "recibo fatura numerodepedido commande facture bestellung bestellnummer beleg rechnung "
    "ordine scontrino bestelling bestelnummer bon",
    "product": "product item productname itemname title produto artigo producto articulo produit "
    "article produkt artikel prodotto articolo",
    "quantity": "quantity qty count quantidade cantidad quantite menge anzahl quantita aantal",
    "csat": "csat stars rating score satisfaction estrelas avaliacao estrellas valoracion etoiles "
    "note sterne bewertung stelle voto sterren beoordeling",
    "nps": "nps recommend recommendation recomenda recomendacion recommande empfehlung "
    "raccomandazione aanbeveling",
    "words": "words comment comments feedback remark remarks answer comentario commentaire avis "
    "kommentar commento opmerking",
}  # fmt: skip
ROLE_BY_HEADING = {word: meant for meant, words in HEADINGS.items() for word in words.split()}
CUSTOMERS = (
    "e-mail", "customer", "first name", "last name", "phone", "birthday", "joined", "language",
    "consent",
)  # fmt: skip
ORDERS = ("customer", "when", "total", "order", "product", "quantity")
ANSWERS = ("customer", "when", "csat", "nps", "words")


@dataclass(frozen=True)
class GuessedConfig:
    """What the file holds, and its columns by role."""

    holds: str
    columns: dict[str, str]


def guess_config(path: Path, source: str) -> GuessedConfig:
    """Return the guess for the file at `path`; raises where no heading is known."""
    columns = inspect_table(path, source).columns
    guess = guess_columns(columns)
    if guess is None:
        raise SourceDataError(
            f"{path.name} has columns that say nothing to Regulars: {', '.join(columns)}. "
            "docs/sources.md says how to name them in the file."
        )
    return guess


def guess_columns(columns: Sequence[str]) -> GuessedConfig | None:
    """Return the guess for headings `columns`; None where none of them identifies the customer."""
    columns_by_role = dict(_match_headings(columns))
    # An address identifies a customer in every source, a number only in its own list.
    customer_column = columns_by_role.get("e-mail") or columns_by_role.get("customer")
    if customer_column is None:
        return None
    if {"when", "total"} <= set(columns_by_role):
        return GuessedConfig(
            "orders", _select_columns(ORDERS, {**columns_by_role, "customer": customer_column})
        )
    if "when" in columns_by_role and {"csat", "nps", "words"} & set(columns_by_role):
        return GuessedConfig(
            "answers", _select_columns(ANSWERS, {**columns_by_role, "customer": customer_column})
        )
    return GuessedConfig("customers", _select_columns(CUSTOMERS, columns_by_role))


def _select_columns(roles: Sequence[str], columns_by_role: dict[str, str]) -> dict[str, str]:
    return {role: columns_by_role[role] for role in roles if role in columns_by_role}


def _match_headings(columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield role and heading, the first of each role; a repeated heading cannot be configured."""
    roles = set()
    for column in columns:
        role = ROLE_BY_HEADING.get(_normalize_heading(column))
        if role and role not in roles and columns.count(column) == 1:
            roles.add(role)
            yield role, column


def _normalize_heading(column: str) -> str:
    """Return emailaddress for E-mail address, datadenascimento for Data de Nascimento."""
    parted = unicodedata.normalize("NFKD", column.casefold())
    return re.sub(r"[^a-z0-9]", "", parted.replace("ß", "ss"))
