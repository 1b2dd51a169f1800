"""Words with which people ask for no more mail, in the languages of customers.

In a phrase, `*` stands for the rest of a word and `…` for up to three words. Accents, capitals and
punctuation do not matter (`mail.mailbox.opt_out_wish.fold`).
"""

from __future__ import annotations

from mail.mailbox.opt_out_sentences import SENTENCES
from shop.consent.opt_out_words import ALL_OPT_OUT_WORDS

# These are about mail whatever stands beside them.
CLEAR = (
    *ALL_OPT_OUT_WORDS, *SENTENCES,
    # English

    "un subscribe", "opt out", "opt me out", "de register me",
    "stop … emailing", "stop … mailing", "stop … spamming", "stop sending me", "stop sending us",
    "no more emails", "no more email", "no more mail", "no more mails", "no more newsletters",
    "no more messages", "no more mailings", "no more spam", "no more advertising",
    "do not email me", "do not mail me", "do not send me … emails", "do not send me … mail",
    "do not send … newsletter*", "do not send me … anything", "do not send me … more",
    "do not contact me", "do not want any emails", "do not want your emails",
    "do not want more emails", "do not want these emails", "do not want any more emails",
    "do not want your newsletter", "do not want any more mail", "do not want the newsletter",
    "do not want this newsletter", "do not wish to receive", "no longer wish to receive",
    "no longer want to receive", "do not want to receive", "do not want to get … emails",
    "no longer want … emails", "take me off … mailing list", "remove me from … mailing list",
    "remove my email", "cancel my subscription", "remove my address", "delete my address",
    "delete my email",
    "take my name off", "take my address off", "remove my name", "cancel … newsletter",
    # German
    "vom newsletter abmelden", "aus … verteiler", "aus … mailingliste",
    "kein … newsletter",
    "keine … mails", "keine … emails", "keine … newsletter", "keinen … newsletter",
    "keine … werbung", "keine … nachrichten", "nicht mehr anschreiben", "nicht mehr kontaktieren",
    "nicht mehr mailen", "newsletter abmelden", "newsletter kündigen", "newsletter abmeldung",
    # French
    "ne plus recevoir", "ne souhaite plus recevoir",
    "ne veux plus recevoir", "ne m'envoyez plus", "plus de mails", "plus d'emails",
    "plus de newsletter", "plus de pub", "stop pub", "retirez moi de … liste",
    # Portuguese
    "cancelar … subscrição", "cancelar … inscrição", "cancelar … assinatura",
    "cancelem … subscrição", "anular … subscrição", "anular … inscrição",
    "não quero receber", "não quero mais receber",
    "não desejo receber", "deixar de receber", "parar de receber", "parem de enviar",
    "parem de mandar", "não enviem mais", "não me enviem mais", "não me mandem mais",
    "removam me da … lista", "remova me da … lista",
    # Spanish
    "darme de baja", "cancelar … suscripción", "cancelar … inscripción",
    "anular … suscripción", "no quiero recibir", "no deseo recibir",
    "no quiero más correos", "no me envíen más", "no envíen más", "no me manden más",
    "no me escriban más", "dejar de recibir", "dejen de enviar", "dejen de mandar",
    # Dutch
    "schrijf mij uit", "schrijf me uit", "geen … mails meer", "geen … emails meer",
    "geen … mail meer",
    "geen … nieuwsbrief meer", "nieuwsbrief opzeggen", "nieuwsbrief afmelden",
    "afmelden nieuwsbrief",
    # Italian
    "annulla* … iscrizione", "cancella* … iscrizione", "cancella* … newsletter",
    "non voglio … ricevere", "non desidero … ricevere", "non inviatemi più", "non mandatemi più",
    "non scrivetemi più",
    # Others
    "avsluta … prenumeration*",
    "zrezygnować z … newslettera",
    "peruuta … tilaus",
)  # fmt: skip

# These may be about an appointment, an order or a course as well.
AMBIGUOUS = (
    "remove me", "remove us", "take me off", "take us off", "delete me", "remove", "opt me off",
    "abmeld*", "melden sie mich ab", "melde mich ab", "meldet mich ab", "melden mich ab",
    "austragen", "tragen sie mich aus", "trag mich aus", "tragt mich aus", "streichen sie mich",
    "off|from … list|lists|mailing_list|database", "aus … liste|mailingliste|datenbank|kartei",
    "loschen|loscht|losche|entfernen|entfernt|entferne|streicht sie mich|uns|mich", "entfernt mich",
    "loscht mich", "streicht mich", "rezygnacja",
    "retirez moi", "me retirer", "supprimez moi", "me supprimer", "remover", "remova me",
    "removam me", "retirem me", "retirar me", "anular", "cancelar", "baja", "borrarme",
    "eliminarme", "quitarme", "quitenme", "afmelden", "afmelding", "meld mij af", "meld me af",
    "opzeggen", "cancella", "cancellami", "cancellatemi", "cancellarmi", "cancellazione",
    "rimuovimi", "rimuovetemi", "toglietemi", "rimozione", "afmeld", "avmeld*", "meld meg av",
    "stop sending", "stop writing", "stop contacting", "stop messaging", "stop these", "stop this",
    "leave me alone",
)  # fmt: skip

# Alone they are an opt-out, in a sentence they are anything.
ALONE = (
    "stop",
    "cancel",
    "stopp",
    "arrêt",
    "arrêtez",
    "alto",
    "basta",
    "quit",
    "end",
    "parar",
    "pare",
)

# What a list of addresses, or what is sent to it, is called.
MAIL_WORDS = (
    "newsletter*", "email*", "emails", "mail", "mails", "mailing", "mailings", "mailinglist*",
    "verteiler", "rundbrief", "werbung", "werbemails", "courriel*", "courrier", "infolettre",
    "correo*", "boletín", "boletim", "nieuwsbrief", "nieuwsbrieven", "nyhetsbrev", "nyhedsbrev",
    "advertising", "marketing", "spam", "subscription", "suscripción", "subscrição", "abonnement",
    "iscrizione", "posta", "publicité", "pub", "publicidad", "publicidade", "pubblicità",
    "messages", "promotions", "promotional", "updates", "offers", "mejl", "utskick", "reklam*",
    "reclame", "epost*", "maili", "wiadomosci", "comunicazioni", "mensajes", "mensagens", "mailen",
    "nyhedsbreve", "einwilligung", "consent", "consentement", "consentimento", "consentimiento",
    "consenso", "toestemming", "zgode", "zgody", "samtykke", "samtycke",
)  # fmt: skip

# Words that may stand beside an opt-out without changing its meaning.
FILLERS = (
    # English
    "please", "pls", "plz", "kindly", "me", "us", "my", "our", "from", "off", "of", "your", "the",
    "this", "that", "these", "those", "list", "lists", "all", "any", "more", "further", "future",
    "now", "immediately", "asap", "today", "again", "request", "requested", "address", "name",
    "it", "and", "or", "to", "for", "i", "we", "want", "wish", "would", "like", "id", "can",
    "could", "will", "you", "just", "sending", "receiving", "receive", "getting", "get", "send",
    "im", "am", "at", "be", "being", "removed", "subscriber", "customer", "anymore", "good",
    "ever", "thanks", "thank", "need", "database", "in", "on", "here", "yes", "sorry", "hi",
    "hello", "hey", "dear", "team", "everyone", "records", "system", "as", "possible", "soon",
    "services", "service",
    # German
    "bitte", "mich", "uns", "mir", "aus", "von", "vom", "dem", "den", "der", "die", "das",
    "diesem", "dieser", "diese", "ihrem", "ihrer", "ihren", "ihre", "eurem", "eurer", "liste",
    "adresse", "meine", "ich", "wir", "möchte", "möchten", "wünsche", "mehr", "sofort", "jetzt",
    "hiermit", "und", "danke", "vielen", "dank", "weiteren", "weitere", "ab", "sie", "hallo",
    "würde", "gerne", "gern", "wieder", "künftig", "zukunft", "erhalten", "bekommen", "senden",
    # French
    "svp", "sil", "s", "il", "vous", "te", "plait", "merci", "de", "d", "la", "le", "les", "l",
    "votre", "vos", "cette", "ma", "mon", "mes", "moi", "je", "j", "nous", "veux", "souhaite",
    "voudrais", "aimerais", "désire", "demande", "bonjour", "tout", "tous", "toutes",
    "immédiatement", "maintenant", "du", "des", "à", "a",
    # Portuguese, Spanish
    "por", "favor", "se", "faz", "obrigado", "obrigada", "gracias", "o", "os", "minha", "meu",
    "mi", "mis", "da", "do", "dos", "del", "el", "los", "las", "su", "sua", "sus", "vossa",
    "lista", "quero", "quiero", "queria", "quería", "desejo", "deseo", "gostaria", "gostava",
    "quisiera", "solicito", "pido", "eu", "yo", "agora", "ahora", "ya", "já", "e", "y", "en", "em",
    "olá", "hola", "bom", "dia", "boa", "tarde", "noite", "buenos", "días", "buenas", "tardes",
    "mais", "más", "nada", "cumprimentos", "saludos", "dar", "darme", "denme", "dame", "deme",
    "dadme", "dar me",
    # Dutch, Italian, Scandinavian
    "alstublieft", "aub", "mij", "van", "voor", "uw", "jullie", "lijst", "ik", "wil", "graag",
    "bedankt", "u", "wel", "deze", "het", "meer", "direct", "per", "favore", "grazie", "mia",
    "mio", "dalla", "dal", "dai", "vostra", "vostro", "vostri", "tua", "indirizzo", "vorrei",
    "voglio", "chiedo", "desidero", "ciao", "buongiorno", "subito", "cortesemente", "prego", "lo",
    "gli", "vänligen", "tack", "mig", "från", "meg", "fra", "takk", "tak", "delete", "erase",
    "data", "proszę", "mnie", "z", "listy", "dziękuję",
    "m", "n", "werden", "di", "jeg", "jag", "nulla", "niente", "nichts", "rien", "niets",
    "inget", "noget", "nic", "vi", "prego", "veuillez", "hiermit", "gelieve", "anymore", "again",
    "kein interesse", "not interested", "geen interesse", "pas interesse", "sem interesse",
)  # fmt: skip

# Before an opt-out they turn it round: "please do not unsubscribe me".
NEGATIONS = (
    "not", "never", "nicht", "niemals", "nie", "pas", "jamais", "não", "nunca", "niet", "nooit",
    "non", "mai", "inte", "ikke", "without",
)  # fmt: skip

# A question, a condition or a report about an opt-out is none, but may be meant as one.
DOUBTS = (
    "if", "when", "how", "where", "why", "whether", "did", "have", "has", "had", "was", "were",
    "tried", "trying", "link", "button", "wenn", "falls", "wie", "wo", "warum", "wieso", "hast",
    "habe", "haben", "habt", "comment", "pourquoi", "si", "où", "como", "cómo", "onde", "dónde",
    "porque", "por qué", "hoe", "waar", "waarom", "als", "come", "dove", "perché", "unsubscribed",
    "already", "schon", "bereits", "bekomme", "recois", "recibo", "recebo", "ricevo", "ontvang",
    "far", "dostaje",
)  # fmt: skip
