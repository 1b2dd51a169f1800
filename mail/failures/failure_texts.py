"""What mail servers write beside their codes: phrases by reason.

Servers use 550, 5.0.0 or 5.7.1 for nearly everything, and some use 5.1.1 for the sender's faults.
So the texts about the shop and about a full mailbox are looked for first, whatever the code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shop.consent.failure_reasons import FailureReason as Reason

Phrases = Sequence[tuple[Reason, re.Pattern[str]]]


def _phrases(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


# The words for a recipient, and for one that is not there.
_USER = (
    r"(?:users?|user ?ids?|recipients?|mail ?box(?:es)?|addres{1,2}(?:es)?|accounts?|persons?"
    r"|customer|subscriber|addressee|name|alias|local[- ]?part|e-?mail(?: address)?|member"
    r"|spectator)"
)
_NOT_THERE = (
    r"(?:unknown|not (?:known|found|exist\w*|valid|present|listed|recogni[sz]ed|local|here|ok\b)"
    r"|(?:do|does|did|may) ?n[o']t exist|doesnt exist|non-?existent|isn't (?:known|valid)"
    r"|undeliverable|unroutable|unrouteable|invalid|not a valid"
    r"|(?:could|can) ?n[o']t be found|was(?: ?n[o']t| not) found|were not found|is wrong)"
)
_LINK_WORDS = (
    r"(?: (?:is|was|are|were|has|have|address|account|mailbox|name|currently|you \w+|that|to"
    r"|this)){0,5}"
)

_SENDER = _phrases(
    r"\bsender(?:'s)?(?: (?:e-?mail|address|domain|mail|server|host|id|ip)\b)*[\s:<>\S]{0,3} ?"
    r"(?:is |was |has been |could )?(?:address )?(?:reject|denied|deny|refus|invalid|unknown|not "
    r"|no |verif|spam|black|block|does|must|unauthori|prohibit|on |in |empty|rule)",
    r"\b(?:invalid|unknown|bad|unverified|forged|unroutable|unrouteable|bogus|unauthori[sz]ed"
    r"|unsigned|null|empty|fake|unacceptable)(?: \w+)? "
    r"(?:sender|return[- ]path|mail from|reverse-path|from)\b",
    r"\bverif\w+ (?:of |the )?sender\b|\bverification failed for\b|\bcall ?(?:out|back)\b",
    r"\b(?:envelope|return|mail|header)[- ]?(?:sender|path|from)\b",
    r"\bdomain of (?:the )?sender\b|\bsending domain\b|\byour (?:domain|(?:e-?mail )?address)\b",
    r"\bfrom[: -]+(?:address|header|field|domain|user)\b|\bin reply to mail from\b",
    r"\bbatv\b|\bbackscatter|\bthird-party dsn|\bbouncedeny\b|\bunsigned dsn",
)
_RATE_LIMITED = _phrases(
    r"\btoo many (?:\w+ )?(?:messages|mails|e-?mails|connections|recipients|sessions|errors|users"
    r"|commands|requests|invalid|bad|unknown)\b(?! (?:on|in) (?:the |your )?(?:server|mailbox))",
    r"\brate[- ]?limit|\bthrottl|\bat a rate\b|\bslow(?:ing)? down\b",
    r"\btoo (?:quickly|fast|frequently|much mail from)\b",
    r"\bunusual (?:rate|volume|traffic)|\bunexpected volume\b",
    r"\bexcessive (?:volume|rate|connection|number)|\bsending (?:quota|limit|rate)",
    r"\b(?:exceed|reach|over|max|limit|quota)\w*\b.{0,80}\b(?:per|an?|this|last|each) "
    r"(?:hour|day|minute|second|session|connection)",
    r"\b(?:exceed|reach)\w*.{0,50}\b(?:hourly|daily|rate|recipient|connection|message|sending)s? "
    r"(?:limit|quota|threshold|rate)",
    r"\b(?:hourly|daily) (?:\w+ ){0,2}(?:limit|quota)|\b(?:has|have) sent (?:too many|more than)",
    r"\bconcurrent (?:smtp )?(?:connection|session)",
    r"\b(?:message|recipient|connection|receiving) (?:rate|limits?|threshold)\b.{0,30}exceed",
    r"\bexceed\w* (?:the |your |its )?(?:maximum )?(?:\w+ )?(?:receiving|sending|recipient|rate) "
    r"limit",
)
_MAILBOX_FULL = _phrases(
    r"\b(?:over|exceed\w*|reach\w*|beyond)(?: \w+){0,4} (?:\w+-)?quota|\bover ?quota\b",
    r"\bquota\b.{0,30}\b(?:exceed|full|reach|violat|used|over)|\bquota for\b|\bdis[ck] quota"
    r"|\bmailfull\b",
    r"\b(?:mail ?box|inbox|mail ?(?:folder|dir|store|file|spool)|account|box|folder|directory)\b"
    r".{0,40}\bfull\b|\bfull mail ?(?:box|folder)|\bmail ?box too (?:full|large)",
    r"\b(?:mail ?box|account|mail ?(?:folder|dir|drop|file)|user|recipient)\b.{0,60}\b(?:exceed\w*"
    r"|reach\w*|over)\b.{0,30}\b(?:size|space|storage|limit|capacity|allocation|allowed)",
    r"\b(?:would )?(?:exceed|reach)\w*(?: \w+){0,3} "
    r"(?:mail ?box|storage|disk|space|allocation)",
    r"\b(?:not enough|insufficient|no more|out of|no|lack of)(?: \w+){0,2} "
    r"(?:space|storage|room|disk)\b",
    r"\bstorage (?:limit|allocation|quota)|\bspace has been used up|\btoo much mail data",
    r"\btoo many (?:messages|mails) (?:on|in) (?:the |your )?(?:server|mailbox)",
    r"\b(?:postfach|mailbox|speicherplatz)\b.{0,40}\b(?:voll|überfüllt|überschritten|erschöpft)",
    r"\bbo[iî]te\b.{0,40}\bplein|\bbuz[oó]n\b.{0,30}\blleno|\bcaixa\b.{0,40}\bcheia"
    r"|\bcasella\b.{0,40}\bpiena|\bskrzynk\w+\b.{0,40}\b(?:pełna|przepełni)|переполнен"
    r"|容量|がいっぱい|已满",
)
_AUTHENTICATION = _phrases(
    r"\bspf\b|\bdkim\b|\bdmarc\b|\bsender policy framework\b|\bdomainkeys\b",
    r"\bauthenticat(?:ion|e) (?:checks?|(?:is )?required|failed|failure|credentials)",
    r"\b(?:un|not )authenticated\b|\brequires? authentication\b|\bmust authenticate\b"
    r"|\bsmtp authentication\b",
)
_RELAYING = _phrases(
    r"\brelay(?:ing)?\b(?: \w+){0,3} (?:denied|not|prohibited|refused|disallowed)\b",
    r"\b(?:unable|not|cannot|can't|refused?|prohibited|allowed) (?:\w+ ){0,2}(?:to |as a |for )?"
    r"(?:open )?relay(?!.{0,20}recipient table)",
    r"(?<!user isn't in )\bmy list of allowed rcpthosts?\b|\bnot (?:an? )?(?:gateway|open relay)\b",
    r"\binsecure mail relay|\bwe (?:don't|do not) (?:handle|relay) mail for\b",
    r"\bnot a local domain\b",
)
_BLOCKED = _phrases(
    r"\bblock(?:ed|ing|list\w*|[- ]list\w*)\b(?! by (?:the )?(?:recipient|user))",
    r"\bblack[- ]?list|\bdeny[- ]?list|\bbanned\b(?! (?:file|content|attach))",
    r"\bspamhaus|\bspamcop|\bsorbs\b|\babuseat\b|\bdnsbl|\brbls?\b|\bsbl\b|\buceprotect"
    r"|\bcloudmark|\bbarracudacentral|\bsenderbase|\bsender ?score|\breputation\b",
    r"\breverse[- ]?dns|\br?dns\b.{0,30}\b(?:record|lookup|fail|match|valid|missing)|\bno rdns\b"
    r"|\bptr\b|\b[he][eh]lo\b",
    r"\b(?:your|sending|source|client|connecting|this) (?:ip|host|server|network|domain"
    r"|mail ?server)(?: address)?\b.{0,60}\b(?:reject|refus|den(?:y|ied)"
    r"|not (?:allow|accept|authori|permit))",
    r"\baccess denied.{0,30}\b(?:ip|sender)\b|\bunsolicited mail originating",
    r"\bdynamic(?:ally)?[- ](?:ip|assigned|address)|\bopen (?:relay|proxy)\b",
    r"\bconnection (?:refused|rejected|denied)\b.{0,30}\b(?:this ip|policy)",
)

_MOVED = _phrases(
    r"\bhas (?:been replaced by|moved to|changed (?:his|her|its|their)? ?(?:e-?mail )?address)",
    r"\b(?:user|address|recipient|mailbox) (?:has )?moved\b|\brecipient no longer on server",
)
_NO_MAIL = _phrases(
    r"\bnull ?mx\b|\b(?:host|domain)\b.{0,60}\b(?:does not|doesn't) accept (?:any )?mail"
    r"|\bno mx records? found for domain|\b(?:accepts|takes) no mail\b|\bindicated no smtp service"
    r"|\bdestination seems? to reject all mails",
)
_DOMAIN_UNKNOWN = _phrases(
    r"\b(?:no such|unknown|non-?existent|invalid|illegal|bad destination|unresolvable"
    r"|unrouteable|unroutable)(?: (?!mail )\w+| host/)? ?(?:host|domain|system)\b",
    r"\b(?:host|domain|hostname|host or domain name|system)\b(?: name)?(?:[ (<\"'][^\s]{1,120})?"
    r"(?: \w+){0,3}? (?:unknown|not found(?!,? try again)|(?:do|does)(?:n't|nt| not) exist"
    r"|could ?n[o']t be found|must exist|cannot be resolved|not resolve|is not reachable|invalid)",
    r"\bcouldn't find any host|\bcannot find (?:the )?(?:host|domain|mail server)|\bnxdomain\b",
    r"\bname or service not known|\bno address associated|\bname server\b.{0,60}not found",
    r"\brecipient'?s? domain\b.{0,40}\b(?:not|unknown|invalid|no)\b|\bhost unreachable\b",
    r"\ball host address lookups failed permanently|\bdns server returned answer with no data"
    r"|\ball (?:relevant )?mx records point to non-?existent",
    r"\bdomain\b.{0,60}\b(?:existiert nicht|nicht gefunden|n'existe pas|no existe|n[aã]o existe)",
)
_USER_UNKNOWN = _phrases(
    rf"\b(?:unknown|no such|invalid|non-?existent|not an? valid|illegal|bad|undeliverable|no valid"
    rf"|not an? known|not an? local|unrouteable|unroutable|unresolvable|wrong|nonexisting"
    rf"|not existing|inexistent|isn't an? (?:valid|known))[- ]"
    rf"(?:(?:\w+|e-mail|local|destination|virtual|or|/)[- ]){{0,3}}{_USER}\b",
    rf"\b{_USER}\b(?:\s*[<(\[\"']?[^\s]{{0,120}}?[>)\]\"']?[:,]?)?{_LINK_WORDS} ?"
    rf"[:,\-.(]{{0,3}} ?{_NOT_THERE}",
    r"\bthere is no (?:one|such|user|mailbox|account)\b",
    r"\bno(?: \w+){0,2} (?:mail ?box|account|user)\b(?: \w+){0,2} "
    r"(?:here|by that name|with that|named|found|available|of that)",
    r"\bno (?:mail ?box|user|account|recipient|person|address)(?: \S+){0,2} (?:found|here|in|at)\b",
    r"\bno (?:\S+ ){1,2}in name directory"
    r"|\bnot (?:listed|found|present) in (?:the )?(?:\w+ )?(?:directory|address book|name)",
    r"\b(?:does not|doesn't) have (?:an?|any) (?:\S+ )?(?:account|mailbox)",
    r"\brecipient address rejected(?=[:.]? ?(?:access denied|user|unknown|invalid|undeliver"
    r"|unverif|no |mailbox|address|domain|not|does|account|recipient|\(?in reply to rcpt|$|\[|\("
    r"|<?\S+@|\S+\.\S+(?: \[|$)))",
    r"\b5\.1\.0 (?:<\S+>:? )?address rejected\b|\brecipients? rejected\b"
    r"|\bdestination server rejected recipients",
    r"\bmail ?box (?:name )?(?:is )?(?:not allowed|invalid|inactive)",
    r"\bnot (?:an? )?e-?mail address(?:es)?\b",
    r"\b(?:user|address|recipient|account) has (?:left|gone)",
    r"<[^<>\s]+> (?:was |is |could )?not (?:be )?found|\bdoes not exist\b(?!.{0,20}domain)",
    r"\bbadrcptto\b|\bvalidrcptto\b|\bbadrecipientto\b|\bcan't accept user\b|\bbad[-_ ]recipient\b"
    r"|\benvelope recipient (?:has been denied|is in)|\bdomain or user isn't in\b",
    r"\brecipient\s?not\s?found\b|\brecipnotfound\b|\bnosuchuser\b|\baddress not found\b"
    r"|\bunknown to (?:us|this|the)\b|\bmissing home directory\b",
    r"\bno longer (?:works|employed|at this|with)\b",
    r"\badresse\b.{0,60}\b(?:nicht gefunden|unbekannt|ungültig|existiert nicht|inconnue|invalide"
    r"|n'existe pas|introuvable)|\b(?:empfänger|benutzer|nutzer)\b.{0,40}\b(?:unbekannt"
    r"|nicht (?:gefunden|bekannt|vorhanden)|existiert nicht)",
    r"\bnon r[ée]pertori[ée]"
    r"|\b(?:utilisateur|destinataire)\b.{0,40}\b(?:inconnu|n'existe pas|invalide|introuvable)",
    r"\bno existe (?:dicha persona|ese usuario|el usuario|la cuenta|el buz)"
    r"|\b(?:usuario|buz[oó]n|cuenta|destinatario|direcci[oó]n)\b.{0,40}"
    r"\b(?:desconocid|no existe|inexistente|no encontrad)",
    r"\b(?:utilizador|usu[aá]rio|endere[cç]o|destinat[aá]rio|conta|caixa)\b.{0,40}"
    r"\b(?:desconhecid|n[aã]o existe|inexistente|n[aã]o encontrad)",
    r"\b(?:utente|indirizzo|destinatario)\b.{0,40}\b(?:sconosciut|inesistente|non esiste"
    r"|non trovat)|\bnessun utente\b|\b(?:gebruiker|adres)\b.{0,40}\b(?:onbekend|bestaat niet)",
    r"\bnie ma takiego\b|\bnieznan\w+ (?:u[zż]ytkownik|adres|odbiorc)"
    r"|пользовател\w+ не найден|ящик не найден|не существует|みつかりません|見つかりません"
    r"|存在しません|リストにありません|宛先不明|不存在",
)
_DISABLED = _phrases(
    r"\b(?:recipient|mail ?box|(?:e-?mail )?account|user)(?: (?!unavail|unknown|not)\S{1,80})? "
    r"(?:is |was |are |has been |have been |currently |permanently ){0,3}"
    r"(?:disabled?|de-?activat|suspend|inactive|not activ|frozen|locked|closed|cancel|terminat"
    r"|discontinued|archived|deleted|removed|no longer)",
    r"\b(?:disabled|de-?activated|suspended|inactive|closed|frozen|locked|archived|expired"
    r"|terminated|cancell?ed)(?: \w+)? (?:recipient|mail ?box|account|user|(?:e-?mail )?address)",
    r"\b(?:account|mail ?box|user|(?:mail ?)?address|recipient)\b.{0,60}"
    r"\b(?:has been|is|was|have been) "
    r"(?:currently |temporarily |permanently |administrative?l?y )?"
    r"(?:disabled|de-?activated|suspended|discontinued|inactive|closed|terminated|locked|cancell?ed|archived|frozen)",
    r"\bextended inactivity\b|\bnot an active (?:address|user|account|mailbox)"
    r"|\brecipient suspend|\buser or domain is disabled|\bmail receiving disabled",
    r"\b(?:account|mail ?box|address|recipient)\b.{0,60}\bno longer (?:in use|active|valid"
    r"|available|accept|exist|used|monitored)|\bis no longer valid\b",
    r"\bbo[iî]te du destinataire archiv",
)
# RFC 5321 §4.2.3: the text of 550, which servers keep beside a reason of their own.
_UNAVAILABLE = _phrases(
    rf"\b{_USER}\b(?:\s*[<(\[\"']?[^\s]{{0,120}}?[>)\]\"']?[:,]?)?{_LINK_WORDS} ?"
    rf"[:,\-.(]{{0,3}} ?(?:unavaila?ble|unavaiable|not available)",
)

_CONTENT = _phrases(
    r"\bspam\b|\bjunk\b|\bvirus|\bmalware|\bphish|\bunsolicited\b|\bu[cb]e\b|\binfected\b|\bworm\b",
    r"\bcontent\b.{0,30}\b(?:reject|filter|polic|restrict|not|block|den)|\bsurbl\b|\buribl\b",
    r"\b(?:attachment|file ?type|banned file|executable)\b|\bsuspicious\b|\bmessage content\b",
    r"\bmessage contains\b|\bbulk e?-?mail\b|\bmessage (?:was )?(?:filtered|identified)\b",
    r"\bmalformed\b|\bbare (?:lf|cr)\b|\binvalid (?:header|character|message)"
    r"|\brfc[- ]?\d{3,4} (?:[\w.]+ ){0,2}(?:compl|violat|section)|\bnot rfc",
)
_TOO_LARGE = _phrases(
    r"\b(?:message|mail|e-?mail|header|body|it)\b.{0,30}\b(?:too (?:large|big|long)"
    r"|size\b.{0,20}\bexceed|larger than|exceeds?\b.{0,30}\b(?:size|limit|maximum))",
    r"\bsize limit\b|\bmaximum (?:message |mail )?size\b|\bexceeds? (?:fixed )?maximum|\btoo big\b",
    r"\bmessage length exceed|\bsize exceed|\bzu groß\b",
)
_FILTERED = _phrases(
    r"\b(?:recipient|user|addressee|account)\b(?! address rejected| rejected).{0,40}"
    r"\b(?:preference|only accept|refus|rules?\b|reject|doesn't want|does not want|protected"
    r"|filter|block)",
    r"\bblocked by (?:the )?(?:recipient|user)|\buser rules\b|\bprotected by\b"
    r"|\bnot accepting (?:any )?(?:mail|message)|\brestrict|\bapproved senders?"
    r"|\ballowed[- ]senders?|\bwhite ?list|\bmoderat|\bresolver\.rst\b|\bnot pre-approved"
    r"|\bchallenge\b|\bconfirmation\b|\bspecific (?:e-?mail )?addresses",
)
_POLICY = _phrases(
    r"\bpolic(?:y|ies)\b|\bprohibit|\badministrative(?:ly)? |\bnot authori[sz]ed\b"
    r"|\bunauthori[sz]ed\b|\bnot (?:permitted|allowed)\b|\blocal reject|\brejected by\b"
    r"|\bsecurity\b|\btls required|\bencrypt|\bwill not accept delivery of this message",
)

_EXPIRED = _phrases(
    r"\b(?:delivery|retry|queue|message|mail)\b.{0,40}"
    r"\b(?:expired|timed? ?out|time ?out|too long|too old)",
    r"\bin the queue too long|\bgiving up\b|\bnot delivered for\b|\bqueue lifetime|\bexpired\b",
    r"\bcould not be delivered (?:for|within|after) |\bfor (?:more than )?\d+ (?:days|hours)\b"
    r"|\bundeliverable for\b",
)
_NETWORK = _phrases(
    r"\bconnect(?:ion|ing)?\b.{0,60}"
    r"\b(?:timed? ?out|refused|reset|lost|failed|dropped|closed|aborted)",
    r"\bunrouteable mail domain|\bno mx found|\bno route\b|\bunreachable\b|\btoo many hops"
    r"|\bhop count|\bmail ?loop|\bloops? back|\brouting loop|\blooping\b|\btimed? ?out\b"
    r"|\bnetwork\b|\bcould not connect",
    r"\bdns (?:error|failure|query|lookup)|\bunable to (?:connect|deliver to)|\bcannot reach"
    r"|\bestablish an? smtp|\blost connection|\bnot responding",
)
_SERVER = _phrases(
    r"\b(?:system|server|local|internal|configuration|resource|software|delivery)s?\b.{0,20}"
    r"\b(?:error|problem|fail|fault|unavailable|not available|busy|shut)",
    r"\bout of memory\b|\bcannot open|\bdisk full|\bfile system|\bmail system (?:full|config)",
    r"\bcommand (?:died|time|not|fail|output)|\bpipe\b|\bcan't create|\bpermission denied",
    r"\bservice (?:unavailable|not available)|\btry again\b|\bgr[ea]y ?list|\btemporar",
)

# No code at all: what a server writes about a failure that may pass.
TEMPORARY = _phrases(
    r"\btempora?r(?:y|ily|ly)\b|\bnot yet\b|\btry again\b|\bdelayed\b|\bdeferred\b|\bstill trying",
    r"\bwill (?:be )?(?:re)?(?:try|tried|retry|retried|attempted|continue)|\bwarning message\b",
)
FIRST_PHRASES: Phrases = (
    (Reason.SENDER, _SENDER),
    (Reason.RATE_LIMITED, _RATE_LIMITED),
    (Reason.MAILBOX_FULL, _MAILBOX_FULL),
    (Reason.AUTHENTICATION, _AUTHENTICATION),
    (Reason.RELAYING, _RELAYING),
    (Reason.BLOCKED, _BLOCKED),
)
ADDRESS_PHRASES: Phrases = (
    (Reason.MOVED, _MOVED),
    (Reason.NO_MAIL, _NO_MAIL),
    (Reason.DOMAIN_UNKNOWN, _DOMAIN_UNKNOWN),
    (Reason.USER_UNKNOWN, _USER_UNKNOWN),
    (Reason.DISABLED, _DISABLED),
)
OTHER_PHRASES: Phrases = (
    (Reason.CONTENT, _CONTENT),
    (Reason.TOO_LARGE, _TOO_LARGE),
    (Reason.FILTERED, _FILTERED),
    (Reason.POLICY, _POLICY),
)
WEAK_ADDRESS_PHRASES: Phrases = ((Reason.USER_UNKNOWN, _UNAVAILABLE),)
LAST_PHRASES: Phrases = (
    (Reason.EXPIRED, _EXPIRED),
    (Reason.NETWORK, _NETWORK),
    (Reason.SERVER, _SERVER),
)
