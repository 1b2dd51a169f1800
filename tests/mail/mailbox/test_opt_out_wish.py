"""Opt-outs in other words: what counts, what a person has to read, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.mailbox.opt_out_wish import OptOutWish, find_wish
from mail.mailbox.parse import needs_text, parse_mail
from mail.mailbox.report_types import CustomerReply, PossibleOptOut, UnsubscribeRequest

CERTAIN = """
unsubscribe | Please unsubscribe me from your list | Unsubscribe request | unsubscribe, thanks
STOP | Stop. | Please stop | stop mails | stop sending me emails | Please stop emailing me
remove me | take me off | take me off your list please | opt out | opt-out | Opting out: opt out
Hi Ana, please remove me from your mailing list. Thanks, Clara | I would like to unsubscribe
Don't send me any more emails | I no longer wish to receive your emails | No more emails please
Can you please unsubscribe me? | Please unsubscribe me, I get too many mails | UNSUBSCRIBE!!!
unsubscribe me please and delete my data | Unsubscribe clara@example.com
unsuscribe | Cancel | Leave me alone | Please take my name off | Please delete my address
Kein Newsletter mehr | Geen mail meer
Abmelden | Bitte abmelden | ABMELDUNG | Bitte melden Sie mich ab | Newsletter abbestellen
Ich möchte keine weiteren E-Mails erhalten | Keine Mails mehr | keine Werbung mehr!
Bitte aus dem Verteiler nehmen | Abmelden bitte. Ich bekomme zu viele Mails.
Désinscription | Je souhaite me désinscrire | Merci de me désabonner | désabonnement
Cancelar subscrição | Quero cancelar a minha subscrição | não quero receber mais emails
Por favor remover | remova-me da lista | Baja | Dar de baja | Quiero darme de baja
Por favor, dadme de baja de la lista | Por favor, no me envíen más correos
Afmelden | Uitschrijven aub | Schrijf mij uit | Afmelden nieuwsbrief
Cancella | Disiscrivimi | Cancellazione | cancellatemi dalla lista
Non voglio più ricevere le vostre email | Wypisz mnie | Avregistrera | Отписаться
Please take me off this list. | I don't want these emails anymore. | Please stop.
Unsubscribe me now! | Kindly remove my email address from your database.
Not interested, please remove | I'd like to opt-out. | please delete my email from your system
I am not interested in your offers any more. | Please cease all emails | Don't email me again
Do not contact me again. | I want off this mailing list | Get me off your list
Please remove from mailing list | Stop this spam | I did not sign up for this. Unsubscribe.
I withdraw my consent | I object to direct marketing
Please stop sending newsletters to this address. | no thanks, unsubscribe | Remove this address
quit it | Please discontinue these emails | I wish to be removed from your list
Take us off the list please, Bruno | please opt me out of marketing emails
I revoke my consent to receive marketing | Bitte löschen Sie mich aus Ihrem Verteiler
Bitte keine Mails mehr schicken | Bitte senden Sie mir keine E-Mails mehr
Ich will keinen Newsletter mehr | Newsletter bitte abbestellen
Bitte streichen Sie mich von der Liste | Hiermit widerrufe ich meine Einwilligung
Hört auf mir zu schreiben | Bitte austragen | Kein Interesse mehr, bitte abmelden
Nehmt mich aus dem Verteiler | Schickt mir nichts mehr | Bitte nicht mehr kontaktieren | Stopp!
Unterlassen Sie weitere Werbung | Löschen Sie meine E-Mail-Adresse
bitte entfernen Sie mich aus der Liste | Ich möchte den Newsletter nicht mehr erhalten
Ich möchte nicht mehr angeschrieben werden | Merci de me retirer de votre liste
Veuillez me désinscrire | Je ne veux plus recevoir vos mails | Ne m'écrivez plus
Arrêtez de m'envoyer des mails | Supprimez mon adresse de votre liste | Stop pub
Plus de newsletter svp | Je retire mon consentement | Je m'oppose à la prospection
Désabonnez-moi | Ne plus me contacter | Enlevez-moi de la liste
Merci de ne plus m'envoyer d'emails | Je ne souhaite plus recevoir de publicité
Cessez de m'écrire | Por favor, retirem-me da vossa lista | Não quero receber mais nada
Parem de me enviar emails | Quero cancelar a subscrição | Remova o meu email
Não me contactem mais | Não desejo receber newsletters | Cancelem a minha inscrição
Retirem o meu email da lista | Não envie mais emails | Deixem de me mandar mensagens
Retiro o meu consentimento | Apaguem o meu email | Chega de emails | não quero mais e-mails
Sair da lista | por favor descadastrar | Por favor, bórreme de su lista
No quiero recibir más correos | Dejen de enviarme correos | Quiero darme de baja
No me envíen más publicidad | Elimínenme de la lista | Cancelar suscripción
Quítenme de la lista | No me escriban más | Solicito la baja | Retiro mi consentimiento
Basta de correos | Me opongo al envío de publicidad | no más correos por favor | Desuscribir
borrar mi correo | Ya no deseo recibir sus correos | Vi prego di cancellarmi dalla lista
Non voglio più ricevere email | Toglietemi dalla mailing list | Basta email
Cancellate il mio indirizzo | Disiscrivetemi | Non inviatemi più nulla | Smettetela di scrivermi
Revoco il consenso | Mi oppongo al trattamento per marketing | Rimuovetemi dalla lista per favore
Non mandatemi più newsletter | Non desidero più ricevere le vostre comunicazioni
annullare iscrizione | Voglio disiscrivermi | Haal mij van de lijst
Ik wil geen mails meer ontvangen | Stuur mij geen nieuwsbrief meer | Graag uitschrijven
Verwijder mij uit jullie bestand | Stop met mailen | Ik wil me afmelden | Niet meer mailen aub
Geen reclame meer | Ik trek mijn toestemming in | Gelieve mij uit te schrijven
Schrijf me uit aub | Verwijder mijn e-mailadres | Ik wens geen e-mails meer te ontvangen
Mail mij niet meer | Ta bort mig från listan | Jag vill inte ha fler mejl | Sluta skicka mejl
Avregistrera mig | Vill inte längre få nyhetsbrev | Avsluta prenumerationen
Inga fler utskick tack | Avanmäl mig | Stryk mig från listan | Fjern mig fra listen
Stop med at sende mails | Afmeld mig | Frameld nyhedsbrev | Ønsker ikke flere nyhedsbreve
Slet min e-mail | Meld meg av | Ikke send meg flere e-poster | Fjern meg fra listen
Proszę mnie wypisać | Proszę usunąć mnie z listy | Nie chcę więcej maili
Rezygnuję z newslettera | Proszę nie przysyłać więcej wiadomości | Cofam zgodę | Wypisać
Wypiszcie mnie | Usuńcie mój adres | Nie wysyłajcie mi reklam | Rezygnacja
"""
UNSURE = """
How do I unsubscribe? | I tried to unsubscribe twice already | Your unsubscribe link does not work
My sister would like to unsubscribe | Please remove me from the tasting on Saturday
If you no longer wish to receive these mails, unsubscribe here
Ich möchte mich für Samstag abmelden | Abmeldung vom Kurs am Samstag
Ik ontvang geen mails meer | Jeg får ikke flere mails | Do I have to order from the list?
I want two croissants from your list | Please take the 3pm slot off the list
Can you remove the charge from my card? | From the list I'd like the sourdough
Nehmen Sie bitte das Brot aus der Liste | Cancelar la reserva del sábado
"""
NONE = """
Please don't stop | don't stop now | No | no. | Not yet | Please do not delete my address
I never said stop | Nein | Nein danke, heute nicht | Não obrigado | No gracias | No grazie
Nee bedankt | Please write to me at my new address | Why do you not write anymore?
I have not received any mail from you | I did not receive your newsletter
I don't receive your emails anymore, why? | Ich bekomme Ihren Newsletter nicht mehr, warum?
Ich habe keine E-Mail erhalten | Je ne reçois plus vos mails | No recibo sus correos
Não recebo os vossos emails | Non ricevo più le vostre email | Jag får inga mejl
Nie dostaję maili | I got no mail with the voucher | Please erase the second line from my order
My email address is wrong in your database, please update it | We withdraw our order
I object to the price | I revoke my booking | Stop by my place with the mail
We'll end the party with your newsletter song | Bitte streichen Sie den Termin am Montag
Ich widerrufe meine Bestellung | Ich widerspreche der Rechnung | Wir haben nichts mehr bestellt
Bitte senden Sie die Rechnung per E-Mail | Veuillez supprimer l'article de ma commande
Je m'oppose au remboursement partiel | Retirez l'option livraison
Quiero eliminar un producto del pedido | Por favor cancelen mi pedido | Retiro mi pedido mañana
Retiro o meu pedido amanhã | Ritiro il mio ordine domani | Cancellate la mia prenotazione
Verwijder de taart uit mijn bestelling | Haal de taart op in de winkel | Stop de bestelling
Ta bort tårtan från beställningen | Fjern kagen fra ordren | Proszę usunąć tort z zamówienia
Nie chcę tortu | Rezygnuję z zamówienia | please contact me at this e-mail | no more sugar please
not interested in the cake, but the bread | I am interested in your offers
I want to be on your list | Put me on your mailing list please | add me to the list
Sign me up for the newsletter | Bitte nehmen Sie mich in den Verteiler auf
Inscrivez-moi à la newsletter | Quiero suscribirme | Voglio iscrivermi alla newsletter
Schrijf mij in voor de nieuwsbrief
Thanks, see you Saturday! I stopped by yesterday | don't stop sending these | Never stop!
Please don't unsubscribe me | I never unsubscribed | Bitte nicht abmelden | Non cancellatemi
Please do not remove me from your list | Please keep me on your list | Keep sending these
I'll stop by on Friday | The bus stop is closed | What time do you stop serving?
Can you cancel my order? | I love your emails | I don't want to miss your newsletter
See you at the end of the week | Danke für die Mail | Yes please | Is the shop open on Sunday?
"""
OUR_ID = "<0123456789abcdef0123456789abcdef@cornercafe.example>"
FOOTER = "You get this mail because you said yes. Unsubscribe: https://cornercafe.example/u/1"


def phrases(block: str) -> list[str]:
    return [phrase.strip() for phrase in block.replace("\n", "|").split("|") if phrase.strip()]


@pytest.mark.parametrize("text", phrases(CERTAIN))
def test_these_words_are_an_opt_out(text: str) -> None:
    assert find_wish(text) is OptOutWish.CERTAIN


@pytest.mark.parametrize("text", phrases(UNSURE))
def test_a_person_has_to_read_these_words(text: str) -> None:
    assert find_wish(text) is OptOutWish.UNSURE


@pytest.mark.parametrize("text", phrases(NONE))
def test_these_words_are_no_opt_out(text: str) -> None:
    assert find_wish(text) is OptOutWish.NONE


@pytest.mark.parametrize("text", ["STOP\n\nClara Lima", "Abmelden\nClara", "BAJA\nCLARA LIMA"])
def test_the_name_below_says_nothing_else(text: str) -> None:
    assert find_wish(text) is OptOutWish.CERTAIN


def test_a_lone_word_among_other_sentences_is_unclear() -> None:
    assert find_wish("Stop! I am late for the tasting.") is OptOutWish.UNSURE


def reply(text: str, *, subject: str = "Re: We miss you", html: bool = False) -> bytes:
    kind = "html" if html else "plain"
    return (
        f"From: Clara <clara@example.com>\r\nTo: ana@cornercafe.example\r\nSubject: {subject}\r\n"
        f"Message-ID: <1@example.com>\r\nIn-Reply-To: {OUR_ID}\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}"
    ).encode()


def findings(mail: bytes) -> list[str]:
    return [type(finding).__name__ for finding in parse_mail(mail).findings]


OPT_OUT, ANSWER = [UnsubscribeRequest.__name__], [CustomerReply.__name__]
TO_BE_READ = [CustomerReply.__name__, PossibleOptOut.__name__]
QUOTES = {
    "marked lines": f"On 3 March 2026, Ana wrote:\n> Hello Clara,\n> {FOOTER}\n",
    "in German": f"Am Di., 3. März 2026 um 10:00 schrieb Ana <ana@cornercafe.example>:\n{FOOTER}",
    "in French": f"Le mar. 3 mars 2026 à 10:00, Ana <ana@cornercafe.example> a écrit :\n{FOOTER}",
    "over two lines": f"On Tue, 3 Mar 2026 at 10:00, Ana at Corner Café\n<a@b.c> wrote:\n{FOOTER}",
    "Outlook": f"-----Original Message-----\nFrom: Ana\nSent: Tuesday\n{FOOTER}",
    "a header block": f"Von: Ana\nGesendet: Dienstag\nAn: Clara\nBetreff: Hallo\n\n{FOOTER}",
    "a line": f"________________________________\nDe: Ana\nEnviado: martes\n{FOOTER}",
    "below a signature": f"--\nClara Lima\n{FOOTER}",
}


@pytest.mark.parametrize("quote", QUOTES.values(), ids=QUOTES)
def test_only_what_the_person_wrote_counts(quote: str) -> None:
    assert findings(reply(f"Thanks, see you on Saturday!\n\nClara\n\n{quote}")) == ANSWER
    assert findings(reply(f"Please unsubscribe me.\n\nClara\n\n{quote}")) == OPT_OUT


def test_what_stands_below_a_quote_counts_too() -> None:
    assert findings(reply(f"{QUOTES['marked lines']}\nunsubscribe please\n")) == OPT_OUT


def test_a_mail_in_html_only_is_read_without_its_quote() -> None:
    quote = f'<div class="gmail_quote"><blockquote><p>{FOOTER}</p></blockquote></div>'
    head = "<html><head><style>p { color: red }</style></head><body>"
    assert findings(reply(f"{head}<div>Bitte abmelden</div><br>{quote}", html=True)) == OPT_OUT
    assert findings(reply(f"{head}<div>Vielen Dank!</div><br>{quote}", html=True)) == ANSWER
    outlook = f'<p>Merci !</p><div id="divRplyFwdMsg">De : Ana</div><p>{FOOTER}</p>'
    assert findings(reply(outlook, html=True)) == ANSWER


def test_a_line_of_the_telephone_does_not_count() -> None:
    assert findings(reply("STOP\n\nSent from my iPhone\n")) == OPT_OUT


@pytest.mark.parametrize("prefix", ["", "Re: ", "AW: ", "RE: Re: "])
def test_a_subject_counts_with_any_prefix(prefix: str) -> None:
    assert findings(reply("", subject=f"{prefix}Abmelden")) == OPT_OUT


def test_an_answer_that_is_unclear_is_an_answer_for_the_owner_to_read() -> None:
    assert findings(reply("How do I unsubscribe?")) == TO_BE_READ


def test_a_long_letter_is_read_by_a_person() -> None:
    assert findings(reply("unsubscribe me\n" + "The cake was lovely. " * 100)) == TO_BE_READ


@pytest.mark.parametrize(
    "header", ["List-Unsubscribe: <mailto:x@y.z>", "Auto-Submitted: auto-replied", "List-Id: <x>"]
)
def test_the_text_of_a_mailing_or_a_program_is_not_read(header: str) -> None:
    mail = reply("unsubscribe").replace(b"MIME-Version", header.encode() + b"\r\nMIME-Version", 1)
    assert not needs_text(mail)
    assert UnsubscribeRequest.__name__ not in findings(mail)


GREETINGS = st.sampled_from(["", "Hi Ana,\n", "Hello!\n\n", "Guten Tag,\n", "Olá,\n"])
ENDS = st.sampled_from(
    ["", "\nThanks!", "\n\nClara", "\nMerci\nClara", " 🙂", "\n\nSent from my phone"]
)
CASES = st.sampled_from([str, str.upper, str.lower, str.capitalize])
CLEAR = ["Please unsubscribe me", "unsubscribe", "Désinscription", "Newsletter abbestellen",
         "Cancelar subscrição", "no more emails", "Darme de baja", "Disiscrivimi"]  # fmt: skip
PLAIN = ["Thank you, lovely cake", "I stopped by yesterday", "don't stop sending these",
         "See you on Saturday", "Is the table free at ten?"]  # fmt: skip


@given(GREETINGS, st.sampled_from(CLEAR), ENDS, CASES, st.sampled_from(sorted(QUOTES)))
def test_a_clear_opt_out_is_heard_whatever_stands_around_it(
    greeting: str, phrase: str, end: str, case: type[str], quote: str
) -> None:
    text = f"{greeting}{case(phrase)}{end}\n\n{QUOTES[quote]}"
    assert findings(reply(text)) in (OPT_OUT, TO_BE_READ)
    assert findings(reply(f"{greeting}{case(phrase)}\n\n{QUOTES[quote]}")) == OPT_OUT


@given(GREETINGS, st.sampled_from(PLAIN), ENDS, CASES, st.sampled_from(sorted(QUOTES)))
def test_a_plain_answer_is_no_opt_out_whatever_stands_around_it(
    greeting: str, phrase: str, end: str, case: type[str], quote: str
) -> None:
    text = f"{greeting}{case(phrase)}{end}\n\n{QUOTES[quote]}"
    assert findings(reply(text)) == ANSWER


@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    find_wish(text)
    parse_mail(reply(text.encode("utf-8", "replace").decode()))
