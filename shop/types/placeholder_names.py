"""Words that programs and people write where there is no name, in several languages.

Capitals and accents make no difference to `shop.types.person_name`, which compares them.
Each is a list of words between spaces.
"""

from __future__ import annotations

# Words before a name. Alone they are none; "Dr. Ana" is one.
TITLES = """
    mr mrs ms miss mx dr drs dra prof professor sir madam lord rev
    herr frau fraulein hr fr dipl
    sr sra srta senhor senhora menina dona arq
    senor senora senorita d
    m mme mlle mlles messieurs madame monsieur mademoiselle me
    sigra signor signora signorina dott dottssa avv
    dhr mevr mw heer meneer mevrouw
    pan pani
"""

# What stands alone in the field, or together with others of these words.
PLACEHOLDERS = """
    null none nil undefined void empty blank missing unset unnamed unknown unbekannt unbekannter
    anonymous anonym anonymer anonyme anonimo anonima anoniem anon
    desconhecido desconhecida desconocido desconocida inconnu inconnue sconosciuto sconosciuta
    onbekend okand ukjent ukendt tuntematon nieznany neznamy nespecificato
    guest guests gast gaste invite invitee ospite convidado convidada invitado invitada hospede
    huesped gosc gjest gaest vieras
    customer customers client clients cliente clientes kunde kundin kunden klant klanten klient
    kunder asiakas zakaznik consumidor consumidora acheteur acheteuse buyer shopper purchaser
    delete deleted duplicate duplicated fname lname firstname lastname
    comprador compradora utente avulso
    walkin walkins laufkunde laufkundin laufkundschaft passant passante barverkauf
    visitor visitors visitante visiteur visiteuse besucher besucherin visitatore bezoeker
    user users usuario usuaria utilizador utilizadora utilisateur utilisatrice benutzer nutzer
    gebruiker bruker anvandare
    test tests tester testing teste testkunde testuser prueba prova essai probe demo dummy
    sample
    example beispiel exemplo ejemplo exemple esempio voorbeeld fake temp placeholder default
    name names nome nom nombre vorname nachname prenom prenome cognome voornaam achternaam naam
    apelido sobrenome apellido apellidos surname firstname lastname fullname username noname
    nonome
    private privat privato particulier particular
    member membro mitglied membre miembro socio socia lid
    subscriber assinante suscriptor abonne abonnee abonnent iscritto contact contato contacto
    kontakt
    contatto lead prospect friend
    admin administrator administrador root owner proprietario staff employee mitarbeiter system
    manager office buro info sales support service noreply postmaster webmaster newsletter
    shop store loja tienda laden boutique negozio winkel kasse caixa caja caisse cassa pos
    counter balcao mostrador online website web app
    deleted removed redacted geloscht eliminado eliminada apagado supprime cancellato verwijderd
    tbd tbc tba todo no yes true false sim nao oui non nein nee
    fulano fulana beltrano sicrano mustermann mustermensch
    asdf asdfg qwerty qwertz azerty abc abcd xyz foo lorem ipsum string array object
    johndoe janedoe maxmustermann first last checkout giftcard
    гость клиент покупатель тест неизвестно аноним επισκέπτης πελάτης άγνωστος misafir müşteri
    ゲスト テスト お客様 顧客 游客 顾客 客户 匿名 未知 测试 손님 고객 ضيف زبون אורח לקוח
    self same ditto idem likewise
    account konto conta cuenta compte cash dinheiro efectivo vendas venda sale verkauf vente
    recipient receiver empfanger destinatario destinataire
    company firma empresa societe azienda bedrijf business
"""

# Words that stand between those: "consumidor final", "sem nome", "not given", "walk in customer".
FILLERS = """
    walk in no not without given provided available applicable set specified entered added
    first last full real dear valued new old our your my the a an and or of for to at by
    final finale general generico generica en el la le les il lo de da do du des der die das
    sem sin sans senza ohne zonder kein keine keinen geen aucun aucune ningun nessun
    nao nada publico mostrador nicht angegeben vorhanden renseigne indique informado informada
    fornecido disponible disponivel lieber liebe caro cara estimado estimada chere cher cari
    geachte beste value
"""

# In a longer text these make it a note of the staff, or advertising, and no name.
NOTE_WORDS = """
    not never always dont doesnt wont cant please call calls called calling phone phones text
    texts email emails mail mails mailing contact unsubscribe unsubscribed unsub optout blocked
    block
    blacklist banned barred closed vip difficult rude angry nice lovely regular regulars careful
    caution warning attention beware
    owes owe owing owed debt unpaid pays pay paid payer payment late refund refunds refunded
    complaint complains complained problem problems issue issues cancel cancelled canceled
    deceased dead died passed moved away duplicate dup dupe merge merged delete old
    allergic allergy allergies intolerant intolerance vegan vegetarian gluten lactose nuts
    celiac
    wife husband mother father daughter sister brother friend mum mom dad boss secretary
    comes every tuesday wednesday thursday saturday morning evening
    only discount gift vouchers voucher birthday
    nao ligar ligue telefonar contactar contatar paga pagou deve devedor atrasado atrasada tarde
    falecido falecida morreu faleceu alergico alergica alergia mulher marido filha filho
    cuidado chato chata dificil bloqueado bloqueada reclamacao
    llamar llame molestar debe moroso morosa fallecido fallecida muerto muerta
    esposa hija hijo
    nicht anrufen anrufe verstorben gestorben tot zahlt schuldet sperren gesperrt mahnung
    schwierig
    allergie allergisch achtung vorsicht stammkunde stammkundin
    appeler rappeler decede decedee doit paie difficile bloque bloquee allergique
    chiamare deceduto deceduta bloccato bloccata attenzione
    niet bellen overleden betaalt schuld
    http https www com org net info click link visit winner prize claim bitcoin crypto
    casino viagra sex porn congratulations congrats money earn
    select insert drop script alert
"""

# Small words of names that are written in lower case: "Maria do Carmo", "Ludwig van".
PARTICLES = """
    da das de del della dello degli dei dem den der des di do dos du e y i el la las le les lo
    los
    al bin binti ibn ben bat van von vom zu zum zur ter ten te 't op af av und en et and san
    santa
    o a d l
"""
