"""Compares column headings with the words for each role, in seven languages.

The words of a role stand in order of preference. A heading is compared without accents, capitals
and punctuation, and without the words that only qualify it: "E-mail 1 - Value" is email.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

MAX_LISTED = 8

CREATED = (
    "created createdat createdon createddate createdate datecreated creationdate erstelltam "
    "erstellt criadoem datadecriacao datacriacao creadoel fechadecreacion creele "
    "datedecreation creatoil datacreazione aangemaakt aangemaaktop"
)
FULL_NAME = (
    "fullname customername contactname displayname clientname kundenname vollername nomecompleto "
    "nomedocliente nombrecompleto nombreyapellidos nombrecliente nomcomplet nometprenom "
    "prenometnom nominativo nomeecognome volledigenaam vornameundnachname vorundnachname"
)
# One of these is a first name, a last name or both, depending on the columns beside it.
GENERIC_NAME = "name nome nombre nom naam namn navn"
LINE_ITEM = (
    "lineitemname lineitemtitle itemname productname producttitle product item itemtitle "
    "articlename produto nomedoproduto artigo producto nombredelproducto articulo produit article "
    "produkt produktname artikel artikelname artikelbezeichnung bezeichnung prodotto articolo "
    "nomeprodotto leistung leistungen behandlung dienstleistung service servico servicio "
    "prestation prestazione servizio behandeling title description descricao descripcion "
    "beschreibung descrizione omschrijving"
)

ROLE_WORDS = {
    "e-mail": """
        email emailaddress mail mailaddress fromemailaddress fromemail emailid useremail
        accountemail recipientemail correio correioeletronico enderecodeemail
        correoelectronico correo courriel mel adressemail adresseemail adresseelectronique
        emailadresse mailadresse indirizzoemail postaelettronica emailadres
    """,
    "customer": """
        squarecustomerid customerid customernumber customerno customernr customercode
        customer clientid clientnumber clientno client contactid memberid membernumber
        recordid profileid klaviyoid userid cliente idcliente clienteid codigocliente
        codigodocliente codigodecliente numerocliente numerodocliente numerodecliente
        ncliente nocliente kundennummer kundennr kundenid kundeid kundenkennung kdnr
        kdnummer kundenkonto kunde mitgliedsnummer mitgliedsnr klantid klantnummer klantnr
        klant codicecliente idclient numeroclient numerodeclient nclient codeclient
        referenceid customerreferenceid customerreference customerref extid externalid
    """,
    "first name": """
        firstname first givenname forename fname primeironome nomeproprio primernombre
        prenom vorname rufname voornaam billingfirstname
    """,
    "last name": """
        lastname last surname familyname lname apelido apelidos sobrenome ultimonome
        apellido apellidos nomdefamille nachname familienname zuname cognome achternaam
        billinglastname
    """,
    "name": FULL_NAME,
    "phone": """
        phone phonenumber mobilephone mobilenumber mobile mobilephonenumber cell cellphone
        cellnumber telephone telephonenumber tel contactphonenumber contactnumber telefone
        telemovel telem tlm tlf tlmv celular numerodetelefone numerodetelemovel telefono
        movil numerodetelefono telefon telefonnummer telefonnr telnr handy handynummer
        handynr mobil mobiltelefon mobilnummer rufnummer portable telephoneportable
        numerodetelephone cellulare telefoon telefoonnummer mobiel mobielnummer gsm sms
        whatsapp
    """,
    "birthday": """
        birthday birthdate dateofbirth birth dob bday datadenascimento datanascimento
        datanasc nascimento dtnascimento aniversario fechadenacimiento fechanacimiento
        nacimiento cumpleanos datedenaissance datenaissance naissance anniversaire
        geburtstag geburtsdatum gebdatum gebdat gebtag geboren geborenam datadinascita
        nascita compleanno geboortedatum verjaardag
    """,
    "joined": f"""
        joined joineddate joinedat joinedon joindate datejoined since membersince
        customersince signup signupdate signedup signedupat signedupon registered
        registeredat registeredon registrationdate dateregistered clientedesde
        datadeadesao datadecadastro datacadastro registado registadoem alta fechadealta
        fechaderegistro registrado inscrit inscription datedinscription dateinscription
        clientdepuis angemeldet angemeldetam anmeldedatum registriert registriertam
        registrierungsdatum kundeseit mitgliedseit iscritto iscrittodal datadiiscrizione
        clientedal lidsinds klantsinds ingeschreven dateadded added addedat addedon
        addedtime profilecreatedon {CREATED} firstvisit firstseen firstactive
    """,
    "language": """
        language preferredlanguage languagecode locale lang idioma lingua langue sprache
        taal
    """,
    "timezone": """
        timezone tz zeitzone fusohorario zonahoraria fuseauhoraire fusoorario tijdzone
    """,
    "when": f"""
        when orderdate orderedat orderedon dateoforder purchasedate dateofpurchase
        purchasedat saledate salesdate transactiondate visitdate date dateandtime datetime
        processedat completedat answered answeredat submitted submittedat submittedon
        submissiondate submitdate timestamp datum bestelldatum kaufdatum rechnungsdatum
        belegdatum leistungsdatum verkaufsdatum buchungsdatum datumundzeit zeitpunkt
        zeitstempel invoicedate data dataehora datadacompra datacompra datadavenda
        datavenda datadopedido datadaencomenda datadafatura carimbodedatahora fecha
        fechayhora fechadecompra fechacompra fechadelpedido fechapedido fechadeventa
        fechaventa marcatemporal datecommande datedecommande datedelacommande dateachat
        datedachat datedevente datevente datefacture horodateur datadiacquisto
        dataacquisto dataordine datavendita dataeora besteldatum aankoopdatum verkoopdatum
        factuurdatum {CREATED} paidat paidon
    """,
    "time": """
        time timeofday ordertime purchasetime saletime transactiontime hora horadavenda
        uhrzeit zeit heure ora orario tijd tijdstip
    """,
    "total": """
        total ordertotal ordertotalamount totalamount totalcollected grandtotal totalprice
        totalpaid amountpaid paidamount totalinclvat totalincltax totalinclvatamount
        saletotal saleprice transactionamount orderamount orderprice saleamount
        invoicetotal amount netsales grosssales productsales gross netamount grossamount
        sum valor valortotal totalpago montante importe importetotal precio preciototal
        montant montanttotal montantttc totalttc prix prixtotal betrag gesamtbetrag
        rechnungsbetrag bruttobetrag endbetrag umsatz brutto summe gesamt gesamtsumme
        gesamtpreis preis importo importototale totale prezzo prezzototale bedrag
        totaalbedrag totaal linetotal itemtotal lineamount net price itemprice
        lineitemprice
    """,
    "order": """
        ordernumber orderno ordernr orderid ordername orderreference order transactionid
        transactionnumber transactionno transactioncode transaction saleid salenumber
        saleno sale purchaseid receiptnumber receiptno receiptid receipt invoicenumber
        invoiceno invoiceid invoice ticketnumber billnumber checkid encomenda
        numerodaencomenda nencomenda pedido numerodopedido numerodepedido npedido idpedido
        recibo numerodorecibo nrecibo fatura numerodafatura nfatura factura
        numerodefactura nfactura numerofactura ticket commande numerodecommande
        numerocommande ncommande facture numerodefacture numerofacture nfacture bestellung
        bestellnummer bestellnr auftragsnummer auftragsnr auftrag beleg belegnummer
        belegnr bonnr bonnummer rechnung rechnungsnummer rechnungsnr transaktionsnummer
        transaktionsnr transaktionsid transaktionscode vorgangsnummer ordine numeroordine
        numerodordine nordine idordine scontrino numeroscontrino fattura numerofattura
        bestelling bestelnummer bestelnr ordernummer bon factuurnummer factuurnr paymentid
        appointmentid appointmentref appointmentnumber bookingid bookingref bookingnumber
        bookingreference reservationid reservationnumber buchungsnummer
        terminnummer
    """,
    "product": LINE_ITEM,
    "quantity": """
        lineitemquantity itemquantity quantity qty count units quantidade qtd qtde
        cantidad cant quantite qte menge anzahl stueck stuck stk quantita qta aantal
    """,
    "status": """
        financialstatus paymentstatus orderstatus transactionstatus status eventtype
        transactiontype transaktionstyp salestatus
        orderstate zahlungsstatus bestellstatus auftragsstatus estado estadodopagamento
        estadodaencomenda estadodopedido situacao estadodelpago estadodelpedido statut
        statutdupaiement statutdelacommande stato statopagamento statoordine betaalstatus
        bestelstatus
    """,
    "kind": "transactioneventcode transactionkind",
    "balance": "balanceimpact",
    "refund of": "referencetxnid",
    "consent": """
        newsletter emailmarketingconsent emailmarketingstatus emailsubscriptionstatus
        emailsubscriberstatus emailconsent emailpermission emailoptin marketingconsent
        marketingpermission newsletterconsent newsletteroptin newslettersubscription
        subscriptionstatus consent consentstatus gdprconsent acceptsemailmarketing
        acceptsmarketing acceptsemails emailmarketing marketing subscribed subscriber
        issubscribed optin optedin doubleoptin maymail consentimento
        consentimentomarketing aceitamarketing aceitanewsletter aceitaemails subscrito
        subscritor consentimiento aceptamarketing aceptanewsletter suscrito abonne
        consentement accepteemails acceptenewsletter einwilligung einwilligungnewsletter
        newslettereinwilligung einwilligungemail werbeeinwilligung zustimmung consenso
        consensomarketing iscrittonewsletter toestemming toestemmingnieuwsbrief
        nieuwsbrief boletim boletin
    """,
    "since": """
        confirmtime optintime emailmarketingconsenttimestamp consenttimestamp consentdate
        dateofconsent optindate optinat consentat subscribedat subscribedon
        subscriptiondate confirmedat doubleoptintime einwilligungam einwilligungvom
        datadeconsentimento
    """,
    "refunded": """
        refundedamount amountrefunded refundamount orderrefundamount totalrefunded refunded
        valorreembolsado montantereembolsado importereembolsado montantrembourse
        erstatteterbetrag erstattungsbetrag importorimborsato terugbetaaldbedrag
    """,
    "currency": """
        currency currencycode ordercurrency moeda moneda divisa devise wahrung waehrung valuta munt
    """,
    "category": """
        category productcategory itemcategory kategorie produktkategorie warengruppe categoria
        categoriadoproduto categoriadelproducto categorie categoriedeproduit productcategorie
    """,
    "cancelled": """
        cancelledat canceledat cancelledon canceledon datecancelled storniertam canceladoem
        canceladael fechadecancelacion annulele annullatoil geannuleerdop
    """,
    "channel": """
        channel saleschannel orderchannel salechannel source ordersource kanal
        verkaufskanal canal canaldevenda canaldeventa canaldevente canale kanaal
    """,
    "csat": """
        csat stars rating score satisfaction estrelas avaliacao classificacao estrellas
        valoracion puntuacion etoiles note sterne bewertung stelle voto valutazione
        sterren beoordeling
    """,
    "nps": """
        nps recommend recommendation recomenda recomendacion recommande empfehlung
        raccomandazione aanbeveling
    """,
    "survey": """
        survey surveyname form formname questionnaire umfrage fragebogen inquerito questionario
        encuesta enquete sondage sondaggio vragenlijst
    """,
    "words": """
        words comment comments feedback remark remarks answer comentario comentarios
        commentaire avis kommentar commento opmerking
    """,
}

# These words qualify a heading and do not change what the column is.
QUALIFIERS = frozenset({
    "1", "value", "utc", "gmt", "0", "00", "billing", "contact", "primary", "main", "default",
    "buyer", "payer", "guest", "shopper", "customer", "client", "cliente", "kunde", "kunden",
    "klant", "privat", "prive", "personal", "your", "ihre", "ihr", "seu", "sua", "votre",
    "tu", "su", "home", "work", "private", "eur", "usd", "gbp", "chf", "brl", "inr", "cad", "aud",
    "nzd", "sek", "nok", "dkk", "pln", "mxn", "incl", "the", "a", "of", "du", "de", "da", "do",
})  # fmt: skip
TRANSLITERATION = str.maketrans({
    "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "№": "n", "º": "", "ª": "",
})  # fmt: skip


@lru_cache(maxsize=4096)
def heading_words(heading: str) -> tuple[str, ...]:
    """Return the words of `heading` without accents and capitals: ("created", "at", "utc", "0").

    "firstName" and "FIRST_NAME" are two words each.
    """
    spaced = re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])", " ", heading)
    decomposed = unicodedata.normalize("NFKD", spaced.casefold().translate(TRANSLITERATION))
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return tuple(re.findall(r"[a-z]+|[0-9]+", letters))


def heading_rank(heading: str, role_words: Sequence[str]) -> int | None:
    """Return how well `heading` fits `role_words`, 0 best; None where it fits none of them.

    It fits worse without its qualifiers, and still worse without what stands in brackets.
    """
    for level, compact in enumerate(_compact_headings(heading)):
        if compact in role_words:
            return level * len(role_words) + role_words.index(compact)
    return None


@lru_cache(maxsize=4096)
def _compact_headings(heading: str) -> tuple[str, ...]:
    """Return `heading` as one word: all of it, without qualifiers, and without brackets too."""
    words = heading_words(heading)
    outside_brackets = heading_words(re.sub(r"[(\[].*?[)\]]", " ", heading))
    candidates = (words, significant_words(words), significant_words(outside_brackets))
    return tuple("".join(candidate) for candidate in candidates)


def significant_words(words: Sequence[str]) -> list[str]:
    """Return `words` without the ones that only qualify a heading."""
    return [word for word in words if word not in QUALIFIERS]


def rank_headings(role: str, headings: Sequence[str]) -> Iterator[str]:
    """Yield the headings that fit `role`, the best first; a repeated heading fits nothing."""
    role_words = ROLE_WORDS[role].split()
    ranked = [
        (rank, position, heading)
        for position, heading in enumerate(headings)
        if (rank := heading_rank(heading, role_words)) is not None and headings.count(heading) == 1
    ]
    return (heading for _, _, heading in sorted(ranked))


def shorten_headings(headings: Sequence[str]) -> str:
    """Return the first of `headings` for a sentence, and how many more there are."""
    listed = ", ".join(heading or "(no name)" for heading in headings[:MAX_LISTED])
    rest = len(headings) - MAX_LISTED
    return f"{listed} and {rest} more" if rest > 0 else listed
