"""Words of consent in the languages of Europe and some others, folded: lower case, no accents.

`connectors.consent_words.fold` joins "opted in" to optin, "opt-out" to optout, "e-mail" to email.
A star stands for any ending.
"""

from __future__ import annotations

from shop.consent.opt_out_words import ALL_OPT_OUT_WORDS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A yes, where the whole cell says nothing else.
YES = _words("""
    yes y yep yeah yup true t x on ok okay sure agreed agree agrees accepts accept
    accepted consented consents granted given allowed allow allows permitted confirmed
    enabled subscribed subscriber subscribes optin optins signedup express explicit
    opted ja j jawohl jo wahr angemeldet eingewilligt zugestimmt einverstanden
    abonniert abonnent bestatigt erlaubt erteilt eingetragen zustimmung akzeptiert
    genehmigt sim s verdadeiro subscrito subscrita inscrito inscrita aceita aceito
    aceitou aceite aceitei autoriza autorizo autorizado autorizada autorizou consente
    consentiu confirmado confirmada assinante quer si verdadero suscrito suscrita
    suscripto acepta acepto aceptado aceptada aceptar autorizar quiere quiero
    consiente consentido oui vrai abonne abonnee inscrit inscrite accepte acceptee
    jaccepte autorise autorisee confirme confirmee consenti daccord vero iscritto
    iscritta accetta accetto accettato accettata autorizza autorizzo autorizzato
    consente confermato confermata waar ingeschreven aangemeld akkoord toegestaan
    geabonneerd bevestigd goedgekeurd sant prenumererar prenumerant tilmeldt pameldt
    samtykker samtycker godkand godkendt godkjent tak prawda zapisany zapisana zgoda
    ano souhlas igen evet da kylla tilaaja tilattu abonat да подписан подписана
    согласен согласна ναι はい 是 同意 購読
    checked ticked selected approved authorized authorised happy vorliegend liegt
    vorhanden gegeben gewunscht erwunscht freigegeben abonnentin accorde accordee
    donne coche volontiers concordo concorda concordou concordam dado dada quero
    subscritor subscritora permitido permitida claro acuerdo otorgado otorgada alta deu
    daccordo acconsento acconsente acconsentito prestato concesso rilasciato dato
    abbonato abbonata gegeven geaccepteerd godkant samtyckt accepterar accepterat
    bekraftad bekraftat accepteret bekraeftet givet sand sann akseptert bekreftet
    abonnerer wyrazona wyrazam wyrazil wyrazila potwierdzony potwierdzona zgadzam
    akceptuje subskrybent subskrybuje udzielona
""")

# What may stand beside a yes without changing it: "yes please", "Subscribed on 1 May 2024".
FILLER = _words("""
    please pls thanks thank you i we do want wants to would like the a of on at since by
    via in from for per with and my our your email emails mail mails newsletter
    newsletters marketing news consent till counter store shop online website web form
    checkout signup double single gdpr dsgvo rgpd avg utc gmt am pm date receive
    receives receiving is gern gerne bitte danke seit vom im und der die das den zum
    kasse mit einwilligung erhalten e por favor desde em boletim receber consentimento
    com en el la los las de del boletin recibir consentimiento depuis le les du des
    merci infolettre recevoir consentement au dal il al grazie ricevere consenso sinds
    op sedan graag nieuwsbrief toestemming january february march april may june july
    august september october november december jan feb mar apr jun jul aug sep sept oct
    nov dec januar februar marz mai juni juli oktober dezember janeiro fevereiro marco
    abril maio junho julho setembro outubro novembro dezembro enero febrero marzo mayo
    junio julio septiembre octubre noviembre diciembre janvier fevrier mars avril juin
    juillet aout septembre octobre novembre decembre permission has had happily ich hat
    habe ist mochte vor ha ho avoir je nous j eu deu tack takk har jeg jag ik gaat zgode
    sie erlaubnis permissao permiso permesso samtykke samtycke
""")

# Beside unsubscribed, or bounced, the word for those who are not.
ACTIVE = _words("active aktiv ativo ativa activo activa actif attivo attiva actief aktywny aktywna")

# A yes where they stand first, and prepositions in "removido da lista", "opted out on 1 May".
PREPOSITIONS = frozenset({"da", "si", "on", "s", "t"})

# A no, alone or as the first word: "No - asked at the till".
NO = _words("""
    no n nope nah nay non nicht لا לא 아니오 아니요 nao nein ne nei nee nej nie niet nem nu
    ei ej hayir not false f off out never falsch falso falsa faux onwaar falsk nunca
    jamais jamas mai nooit aldrig aldri niemals nikdy nigdy soha keine kein keinen uit
    nincs nenhum nenhuma ninguno nessuno aucun aucune geen ikke inte ingen нет не
    никогда οχι ποτε いいえ 否 不 dnc dnm dne
    disagree disagrees disagreed unticked unchecked deselected falskt falsz
""")

# Says nothing, as an empty cell does.
EMPTY = frozenset({
    "", "na", "n a", "null", "nil", "nan", "unknown", "undefined", "unset", "not set", "blank",
    "empty", "not available", "not known", "not provided", "not specified", "no data", "no answer",
    "no response", "no value", "not applicable", "unspecified", "unbekannt", "keine angabe",
    "keine angaben", "k a", "desconhecido", "sem resposta", "desconocido", "sin respuesta",
    "sin datos", "inconnu", "non renseigne", "sconosciuto", "non disponibile", "onbekend",
    "niet bekend", "okand", "ukjent", "ukendt", "nieznany", "b d",
})  # fmt: skip

# Not a yes, and not a no either: never asked, or asked and not answered yet.
NOT_YET = _words("""
    never_subscribed never_optin never_signedup never_asked not_asked not_yet
    not_yet_* pending pending_* *_pending unconfirmed not_confirmed not_confirmed_yet
    awaiting_* waiting waiting_* invited invitation_sent unverified not_verified
    implied implicit transactional ausstehend unbestatigt nicht_bestatigt noch_nicht
    noch_nicht_* nie_abonniert nie_angemeldet pendente ainda_nao ainda_nao_*
    nao_confirmado nunca_subscrito nunca_inscrito pendiente todavia_no sin_confirmar
    no_confirmado nunca_suscrito en_attente pas_encore pas_encore_* non_confirme
    jamais_abonne jamais_inscrit in_attesa non_ancora non_ancora_* non_confermato
    mai_iscritto in_afwachting nog_niet nog_niet_* niet_bevestigd nooit_ingeschreven
    afventer avventer vantar oczekuje
    fehlt fehlend missing outstanding falta em_falta
""")

# An opt-out that speaks of mail and of nothing else, wherever it stands: the words of all texts,
# the states of programs, and short forms that only a cell has.
MAIL_OPT_OUT = frozenset(ALL_OPT_OUT_WORDS) | _words("""
    optedout bounce bounced bounces hardbounce* spam spammed spamcomplaint spamreport
    spamtrap suppressed suppression suppressions blacklist blacklisted blacklists
    blocklist* denylist* undeliverable invalid_email* email_invalid unmailable
    quarantined nonsubscri* nomail noemail nonewsletter nomarketing donotemail
    donotmail donotcontact desubscri* abgemeldet abmeld* austrag* ausgetragen
    werbewiderspr* werbeverbot* werbesperr* mailsperr* emailsperr* newslettersperr*
    robinson* afgemeld* afmeld* avmeld* avbestilt afmeldt* baixa_* διαγραφ* nej_tak
    kontaktsperre sperrliste zustellfehler* unzustellbar* rucklaufer rebotad* rebote*
    blackliste* liste_noire liste_rouge dnc dnm email_address_invalid
    removed_from_list* removed_from_mail* exclude_from_campaign* exclude_from_email*
    exclude_from_mail* vill_inte onsker_ikke vil_ikke wants_out pediu_para_sair
    do_not_mail* do_not_email* do_not_contact* do_not_send* do_not_market*
    do_not_disturb do_not_solicit* do_not_write* do_not_bulk* do_not_subscri* dont_*
    dado_de_baja dada_de_baja darse_de_baja ne_pas_contacter ne_pas_envoyer
    ne_pas_mailer ne_pas_ecrire stop_mail* stop_email* stop_newsletter leave_me_alone
    excluded_from_campaign* excluded_from_email* excluded_from_mail* fravalgt
    niezapisan* tackat_nej muted dne ungultig* email_invalid* email_non_valid*
    correo_invalid* invalid_mail* email_devolvid* correo_devuelt* rimbalz*
    onbestelbaar* ongeldig_email* email_ongeldig* studsad* studsat lista_negra
    lista_nera lista_robinson zwarte_lijst svartlist* czarna_lista odrzucon*
    lehnt_werbung* lehnt_newsletter* removed_from_list removido_da_lista
    verwijderd_van_lijst fjernet_fra_liste* escluso_dalle_* excluid*_de_envios
    exclu*_des_envois email_mute* email_muted newsletter_nein newsletter_no
    newsletter_non newsletter_nao newsletter_nee newsletter_nie newsletter_nej
""")

# An opt-out in a column of consent, or beside a word of mail; elsewhere it may be of an order.
OPT_OUT = _words("""
    do_not_* ne_pas_* cleaned complain* junk blocked block banned ban no_longer
    not_interested uninterested unwanted not_want* does_not_want removed remove
    deleted delete erased withdr* revok* declin* refus* reject* den[yi]* object*
    cancel* stop stopped inactive disabled deactivat* disallow* forbid* prohibit* dead
    unreachable archiv* withheld abuse undelivered deceased dnd zuruckgezogen
    zuruckgenommen remover excluir retrait revoca sem_autoriza* brak odwolan* rescind*
    exclude* excluid* exclu exclus ausgeschlossen escluso uitgesloten recus* rejeit*
    bloquead* retirou removid* desist* saiu inativ* anulad* revogad* cancel* opos opoe
    nega* negou baja rechaz* desactiv* revocad* eliminad* retirad* denegad* inactiv*
    ya_no borrad* anulad* bloque* retir* revoq* oppos* resili* supprim* annul*
    inactif* inactive arret* ne_veut ne_souhaite ne_desire ne_plus widerruf* widerspr*
    widersproch* gesperrt sperr* geloscht abgelehnt ablehn* verweiger* gekundigt
    kundig* inaktiv* storn* unerwunscht entfernt blockiert abgewahlt untersagt verbot*
    cancellat* revocat* rifiut* rimoss* bloccat* ritirat* disattiv* annullat* negat*
    oppost* opposizion* geweigerd weiger* ingetrokken opgezegd geblokkeerd verwijderd
    geannuleerd inactief bezwaar* uppsagd blockerad avslutad afvist slettet sperret
    blokeret trukket tilbagekaldt rezygn* wycof* odmow* zablok* usuniet* nesouhlas*
    odmit* peruut* peruttu kielt* iptal refuz* отказ* запрет* 解除 拒否 拒绝 取消 rather_not
    prefer*_not left_the_* left_list has_left has_quit none_given lieber_nicht
    bitte_nicht will_nicht will_kein* entzogen ausgestiegen soppose plutot_non
    plus_maintenant rejete* prefere_nao oposi* saida prefiere_no opone* opuso
    preferisc*_di_no oppon* recess* liever_niet wil_niet afgewezen gestopt afgekeurd
    avboj* aterkall* nekad nekat borttag* sparra* motsatter avstar avstatt spaerr*
    opsagt stoppet avslatt sagt_opp reservert reservasjon meldt_av zrezygn* cofnie*
    sprzeciw* nieaktywn* anulowan* lehnt_* anulou anulo revoco revocou devolvid*
    devuelt* mute invalid* ungultig* invalide ongeldig*
""")

# Before a word of YES or MAIL it makes a no of it: "no newsletter", "nicht einverstanden".
NEGATIONS = _words("""
    no not non never without nao sem nunca nem sin jamas pas plus ne sans jamais aucun
    aucune nicht kein keine keinen keinem keiner keinerlei ohne nie niemals senza
    nessun nessuna mai niet geen nooit zonder ikke inte ingen inga utan uden uten ei
    nie bez nem nincs nu fara hayir не нет без οχι χωρις 不 無 inget intet brak niente
    ej nein bez
""")
# May stand between a negation and its word.
BETWEEN = _words("""
    any more further longer currently yet to be want wants wish wishes receive
    receives sent de des d du la le les the my our your e quer quero deseja desejo
    receber mais quiere desea deseo recibir mas souhaite souhaiter veut recevoir est a
    ete mehr weitere mochte erhalten per mit in den zum vuole desidera ricevere piu e
    meer wil ontvangen langer is was has have been esta fue foi ist wurde
""")
MAIL = _words("""
    enviar envio envios send sending mailen mailversand angeschrieben anschreiben
    kontaktieren solicit* bulk email emails mail mails mailing mailings newsletter
    newsletters marketing contact contacts contacted advert* advertising ads promo
    promotion* offers commercial* correo correos correio publicidad publicidade
    boletin boletines boletim contacto contactar contato ofertas comunicaciones
    comunicacoes promocoes promociones pub publicite publicites courriel courriels
    infolettre* prospection demarchage werbung werbe* kontakt* rundbrief* mailings
    newsletterversand infopost pubblicita contattare comunicazioni promozioni posta
    reclame nieuwsbrief* mailing contacteren benaderen aanbiedingen nyhetsbrev*
    nyhedsbrev* reklame reklam reklama markedsforing marknadsforing utskick рассылк*
    реклам* писем писать почт* ενημερωτικ* メール メルマガ 邮件 consent consents permission
    consentement consentimento consentimiento consenso consentimiento einwilligung*
    zustimmung* erlaubnis toestemming samtykke samtycke interest interessiert
    interesse interes interessado interessada interesado interesada interesse interet
    interesse zgoda zgody souhlas demail demails newslettera newsletterow wysylac
    wysylki wyslij inviare invio invii envoyer envois emailer emailing mailes sende
    sendes enviarle communicate communication*
""")

# Headings.

OTHER_CHANNELS = _words("""
    sms text_message* whatsapp whats_app phone telephone telefon* telefone telemovel
    telefono movil mobile portable handy call calls post postal letter push fax viber
    telegram direct_mail cellulare telefoon brief
""")

CHANNEL_STATUS = _words("""
    sms whatsapp whats_app push viber telegram text_message* status consent* optin optout
    subscri* marketing permission* blacklist* blocklist*
""")

# Asked for something else than mail, or about a thing and not about a person.
OTHER_TOPICS = _words("""
    track tracking cookie cookies terms tos agb privacy datenschutz* photo photos foto fotos
    profiling link url token hash key page footer text template plan price tier box tax vat
    credit transactions card payment delivery shipping allergy allergies invoice* receipt*
    rechnung* factura* facture* fattura fatture fatura* factuur facturen quittung*
""")

# Beside an opt-out, whatever stands in such a column is part of the opt-out.
OPT_OUT_DETAILS = _words("""
    reason reasons campaign title id time date at when timestamp since datum data fecha hora
    grund motivo motif raison reden ip source cause message comment method type detail
    details
""")

NOT_AN_ANSWER = _words("""
    reason campaign title id ids ip source url form method text wording country user agent
    rating number name by language topic topics frequency interests grund motivo quelle
    count counts open opens opened click clicks clicked sent send sends received delivered
    rate score engagement spend amount value average last first next order orders id
""")

CONSENT_HEADINGS = _words("""
    marketing_allow* marketing_permit* marketing_accept* marketing_agree* marketing_enabled
    marketing_communication* marketing_opted marketing_yes communications mail_preference*
    email_preference* contact_preference* mailings subscriber is_subscriber prenumer*
    marknadsforing* markedsforing* tilmeld* pameld* anmald* subskry* subscritor* abbonat*
    newsletterabo zapisan* wyrazona_zgoda utskick*
     optin* subscri* newsletter* mailinglist* mailing_list email_list email_status
    email_deliverability* email_state email_marketing marketing_email*
    marketing_status marketing_permission* marketing_preference* emailable mailable
    accept*_marketing accept*_email* accepts_mail accept_newsletter may_mail may_email
    may_we_* allow*_email* allow*_marketing agree*_to_* wants_email* wants_mail
    wants_newsletter receive*_email* receive*_newsletter* receive*_marketing
    marketing_emails marketing_erlaubt marketing_ok consent consents consented gdpr
    dsgvo rgpd confirm_time confirmed_at confirmation_time signedup_for*
    email_permission* email_subscri* mail_ok mailing_ok email_ok einwilligung*
    einverstanden* zustimmung* abonn* newsletterempf* werbung werbemail*
    werbeeinwilligung* werbeerlaubnis* werbezustimmung* newsletteranmeldung rundbrief*
    infopost consentimento aceita_* aceito_* aceite_* autoriza_* autorizo_* boletim
    subscrito subscrita subscricao quer_receber deseja_receber receber_*
    consentimiento acepta_* acepto_* boletin suscri* quiere_recibir desea_recibir
    recibir_* consentement infolettre* accepte_* inscription_newsletter
    souhaite_recevoir recevoir_* consenso iscritto iscritta iscrizione accetta_*
    autorizz* desidera_ricevere ricevere_* toestemming nieuwsbrief* akkoord
    ingeschreven ontvangt_* samtykke samtycke nyhetsbrev* nyhedsbrev* zgoda souhlas
    uutiskirje hirlevel согласие рассылк* подпис* メルマガ 購読
""")

# In a name, a company or an article these words are no opt-out; "do not mail" is one.
NAME_HEADINGS = _words("""
    name names surname firstname lastname vorname nachname nom prenom nome apelido cognome nombre
    apellido* naam achternaam company firma empresa entreprise azienda bedrijf product products
    favorite favourite article item produkt producto produto produit prodotto street address
    strasse city town rua calle rue via straat
""")
