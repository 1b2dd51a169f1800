"""What a file of rows probably holds, by what its columns are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.csv.table import look_at
from settings.errors import DataTrouble

# As shops and their programs call them: English, Portuguese, Spanish, French, German, Italian,
# Dutch. Compared without accents, capitals and what stands between words.
SPOKEN = {
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
KNOWN = {word: meant for meant, words in SPOKEN.items() for word in words.split()}
CUSTOMERS = (
    "e-mail", "customer", "first name", "last name", "phone", "birthday", "joined", "language",
    "consent",
)  # fmt: skip
ORDERS = ("customer", "when", "total", "order", "product", "quantity")
ANSWERS = ("customer", "when", "csat", "nps", "words")


@dataclass(frozen=True)
class Proposed:
    """Which list it is, and which of its columns is what."""

    holds: str
    columns: dict[str, str]


def proposed(path: Path, source: str) -> Proposed:
    """Raises where the file cannot be read, or nothing in it is known."""
    columns = look_at(path, source).columns
    found = proposal(columns)
    if found is None:
        raise DataTrouble(
            f"{path.name} has columns that say nothing to Regulars: {', '.join(columns)}. "
            "docs/sources.md says how to name them in the file."
        )
    return found


def proposal(columns: Sequence[str]) -> Proposed | None:
    """None where no column says who the customer is."""
    meant = dict(_meant(columns))
    # An address is known in every source, a number in its own list alone.
    who = meant.get("e-mail") or meant.get("customer")
    if who is None:
        return None
    if {"when", "total"} <= set(meant):
        return Proposed("orders", _chosen(ORDERS, {**meant, "customer": who}))
    if "when" in meant and {"csat", "nps", "words"} & set(meant):
        return Proposed("answers", _chosen(ANSWERS, {**meant, "customer": who}))
    return Proposed("customers", _chosen(CUSTOMERS, meant))


def _chosen(words: Sequence[str], meant: dict[str, str]) -> dict[str, str]:
    return {word: meant[word] for word in words if word in meant}


def _meant(columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The first column of each meaning; one whose name stands there twice cannot be named."""
    seen = set()
    for column in columns:
        word = KNOWN.get(_bare(column))
        if word and word not in seen and columns.count(column) == 1:
            seen.add(word)
            yield word, column


def _bare(column: str) -> str:
    """emailaddress for E-mail address, datadenascimento for Data de Nascimento."""
    parted = unicodedata.normalize("NFKD", column.casefold())
    return re.sub(r"[^a-z0-9]", "", parted.replace("ß", "ss"))
