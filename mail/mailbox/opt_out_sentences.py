"""Sentences that ask for no more mail, in the languages of customers.

The notation is that of `mail.mailbox.opt_out_phrases`; besides, `|` stands between words of which
any may stand there. A sentence is made of what shall end, and of the mail, the list or the consent
that it is about, so that other words for either are recognised too.
"""

from __future__ import annotations

ENGLISH = (
    ("stop|cease|quit|discontinue|halt|end … email|emails|emailing|mail|mails|mailing|mailings|"
    "newsletter|newsletters|messages|messaging|spam|spamming|advertising|promotions|writing"),
    "withdraw|withdrawing|revoke|revoking|retract … consent|permission",
    "object|objecting … marketing|advertising|mails|emails|newsletter|newsletters",
    "not|longer interested_in … offers|emails|mails|newsletter|newsletters|mailings|promotions",
    "delete|erase|remove … my … email|address|data|details",
    "no longer|more … emails|mails|mailings|newsletters|messages",
    "not|never … email|mail|contact|write me|us again|anymore",
    "wish|want|like to be removed|unsubscribed",
)  # fmt: skip
GERMAN = (
    ("loschen|losche|loscht|streichen|entfernen|entferne|entfernt … meine|unsere … "
    "adresse|email|emailadresse|mailadresse|daten"),
    "meine|unsere … adresse|email|emailadresse|mailadresse|daten … loschen|entfernen|streichen",
    "widerruf*|widerrufe … einwilligung|zustimmung|erlaubnis",
    "einwilligung|zustimmung|erlaubnis … widerruf*|zuruck*",
    "widerspreche|widerspruch … werbung|werbezwecken|werbe*|nutzung|newsletter|zusendung",
    "newsletter|mails|emails|werbung|nachrichten … nicht mehr erhalten|bekommen|haben|empfangen",
    ("nicht|nichts mehr schreiben|schicken|senden|zusenden|zuschicken|mailen|anschreiben|"
    "angeschrieben|kontaktieren|kontaktiert|erhalten|bekommen|empfangen"),
    "schickt|schicken|schreibt|schreiben|sendet|senden … nichts|nicht mehr",
    "hort|hor|horen auf … schreiben|mailen|senden|schicken|mails|emails|newsletter",
    "unterlassen|unterlasst … werbung|mails|emails|zusendung|zusendungen|newsletter",
    "will|mochte|wunsche … keine|keinen … newsletter|mails|emails|werbung|nachrichten|post",
)  # fmt: skip
FRENCH = (
    ("retirer|retirez|enlever|enlevez|supprimer|supprimez|effacer|effacez|rayer|rayez|otez … "
    "liste|adresse|mailing|fichiers|fichier|base|email|courriel"),
    ("arretez|arreter|arrete|cessez|cesser … mail|mails|email|emails|courriel|courriels|newsletter|"
    "newsletters|ecrire|contacter|envoyer|envois|envoi|pub|publicite|publicites"),
    "ne plus … contacter|ecrire|envoyer|solliciter|demarcher|emailer",
    "ne|n … ecrivez|ecris|contactez|contacte|envoyez|envoie|sollicitez plus",
    "veux|souhaite|voulons|souhaitons|desire plus … recevoir|mails|emails|newsletter|pub|publicite",
    "retire|retirer|revoque|revoquer … consentement|accord",
    "oppose|opposer|opposons … prospection|publicite|marketing|mails|emails|newsletter",
    "me|nous|m desinscrire|desabonner",
)  # fmt: skip
PORTUGUESE = (
    ("parem|pare|parar|deixem|deixe|deixar|chega|basta|cessem de … enviar|mandar|escrever|"
    "contactar|emails|email|mails|mensagens|newsletters|newsletter|publicidade|spam"),
    ("remova|removam|remover|retire|retirem|retirar|apague|apaguem|apagar|elimine|eliminem|"
    "eliminar|exclua|excluam|excluir|tire|tirem|tirar … lista|email|endereco|mail"),
    "nao … contactem|contacte|contatem|envie|enviem|mande|mandem|escrevam|escreva … mais",
    ("nao quero|desejo|queremos|pretendo … emails|email|mails|newsletter|newsletters|publicidade|"
    "mensagens|receber"),
    "retiro|revogo|retirar|revogar … consentimento|autorizacao",
    "oponho … marketing|publicidade|envio|emails",
    "cancelem|cancele|cancelar|anular|anulem … subscricao|inscricao|assinatura",
    "sair|saia … lista|mailing|newsletter",
)  # fmt: skip
SPANISH = (
    ("dejen|deje|dejad|dejar|paren|pare|parar|basta|cesen|cese de … enviar*|mandar*|escribir*|"
    "correos|correo|emails|mails|mensajes|publicidad|spam|newsletter|newsletters"),
    ("borreme|borrenme|borrarme|borrar|borren|eliminenme|elimineme|eliminarme|eliminar|eliminen|"
    "quitenme|quiteme|quitarme|quitar|saquenme|saqueme|sacarme … lista|correo|email|mail|base"),
    "no … envien|envie|manden|mande|escriban|escriba|contacten|contacte … mas",
    "no mas correos|correo|emails|mails|mensajes|publicidad|newsletters|boletines",
    "no quiero|deseo|queremos … correos|correo|emails|mails|publicidad|newsletter|boletin|recibir",
    "retiro|revoco|retirar|revocar … consentimiento|autorizacion",
    "opongo … publicidad|marketing|envio|correos|emails",
    "cancelar|cancelen|anular|anulen … suscripcion|inscripcion",
)  # fmt: skip
ITALIAN = (
    ("cancellatemi|cancellarmi|cancellami|cancellate|cancellare|rimuovetemi|rimuovermi|rimuovete|"
    "rimuovere|toglietemi|togliermi|togliete|eliminatemi|eliminare|eliminate … lista|mailing|"
    "indirizzo|email|mail|database|newsletter"),
    ("smettetela|smettete|smettere|smetti|basta|cessate … scrivermi|scrivere|scriverci|inviare|"
    "inviarmi|mandare|mandarmi|email|mail|newsletter|pubblicita"),
    "non … inviatemi|inviate|mandatemi|mandate|scrivetemi|scrivete|contattatemi|contattate piu",
    "non voglio|desidero|vogliamo|desideriamo … email|mail|newsletter|pubblicita|comunicazioni",
    "revoco|ritiro|revocare|ritirare … consenso|autorizzazione",
    "oppongo … marketing|pubblicita|invio|email|newsletter",
    "annullare|annullate|annulla … iscrizione",
)  # fmt: skip
DUTCH = (
    ("haal|verwijder|verwijderen|schrap|wis … lijst|maillijst|mailinglijst|bestand|adres|email|"
    "emailadres|mailadres|database"),
    "stop|stoppen|hou_op|houd_op … mailen|mails|emails|sturen|nieuwsbrief|nieuwsbrieven|reclame",
    "niet meer … mailen|schrijven|contacteren|benaderen|sturen|toesturen|toezenden|aanschrijven",
    "mail|schrijf|contacteer|stuur … niet|niets meer",
    ("geen|nooit … reclame|mails|emails|mail|email|nieuwsbrief|nieuwsbrieven|berichten … "
    "meer|ontvangen"),
    "trek … toestemming in", "toestemming … intrekken|in",
    "uit te schrijven", "mij|me|ons … uitschrijven|afmelden",
    "bezwaar tegen … marketing|reclame|mails",
)  # fmt: skip
SCANDINAVIAN = (
    "ta_bort|stryk|radera … listan|lista|adress|epost|email|mejl|mail|sandlistan",
    ("sluta|upphor|slutt|stop med|skicka|skicke|sende|mejla|maila|maile|skriva|skrive … mejl|mail|"
    "mails|epost|email|utskick|nyhetsbrev|nyhedsbreve|mig|meg|mer|mere"),
    "sluta|slutt|stop … skicka|sende|mejla|maila|maile|skriva|skrive",
    ("vill|vil|onsker inte|ikke … mejl|mail|mails|epost|epost*|email|emails|nyhetsbrev|nyhedsbrev|"
    "nyhedsbreve|utskick|reklam|reklame"),
    ("inga|ingen|ikke|inte fler|flere|mer|mere … mejl|mail|mails|epost*|email|emails|nyhetsbrev|"
    "nyhedsbreve|utskick|reklam|reklame"),
    "ikke|inte send|sende|skicka … flere|fler|mer|mere|mail|mails|mejl|epost*|email|reklame",
    "send|skicka ikke|inte … flere|fler|mer|mere|mail|mails|mejl|epost*|email",
    "fjern|slet|slett … listen|liste|adresse|email|mail|epost|maillisten",
    "afmeld|avmeld|avanmal|avregistrera mig|meg|oss|os", "meld mig|meg fra|av",
    "aterkallar|traekker|trekker|tilbagekalder … samtycke|samtykke", "avsluta … prenumeration*",
)  # fmt: skip
POLISH = (
    ("usun|usunac|usuncie|wykreslic|wykreslcie|skasujcie|skasowac … listy|adres|mail|maila|email|"
    "bazy|newslettera"),
    "nie chce|chcemy|zycze … maili|mailow|wiadomosci|newslettera|newsletterow|reklam|ofert|emaili",
    ("nie wysylac|wysylajcie|wysylaj|przysylac|przysylajcie|przesylac|przesylajcie|piszcie|"
    "kontaktowac … wiecej|maili|wiadomosci|newslettera|reklam|ofert|mnie"),
    ("nie wysylac|wysylajcie|wysylaj|przysylac|przysylajcie|przesylac … mi|nam … maili|wiadomosci|"
    "reklam|ofert|newslettera"),
    "rezygnuje|rezygnujemy|rezygnacja … newslettera|maili|subskrypcji|wiadomosci",
    "cofam|wycofuje|odwoluje … zgode|zgody", "sprzeciw|sprzeciwiam … marketing*|reklam*",
    "przestancie|przestan|prosze_przestac … wysylac|pisac|przysylac|mailowac",
)  # fmt: skip
SENTENCES = (
    *ENGLISH, *GERMAN, *FRENCH, *PORTUGUESE, *SPANISH, *ITALIAN, *DUTCH, *SCANDINAVIAN, *POLISH,
)  # fmt: skip
