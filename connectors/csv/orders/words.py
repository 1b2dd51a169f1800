"""What the words in the columns status and channel mean, in the usual languages."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache


class OrderStatus(StrEnum):
    """What the status of a row says about the purchase."""

    PAID = "paid"
    AWAITS_PAYMENT = "awaits payment"  # placed, and still to be paid: pending, on hold
    UNPAID = "not paid"  # failed, expired, draft
    CANCELLED = "cancelled"
    REFUNDED = "refunded"  # all money was given back
    PARTLY_REFUNDED = "partly refunded"
    REFUND = "refund"  # the row itself is about money that is given back
    UNKNOWN = "unknown"
    NO_SALE = "no sale"  # the row is about a fee, a transfer or a conversion, by its kind


STATUS_WORDS = {
    OrderStatus.PAID: (
        "paid", "partially paid", "partly paid", "complete", "completed", "processing", "processed",
        "fulfilled", "partially fulfilled", "unfulfilled", "shipped", "delivered", "dispatched",
        "closed", "captured", "authorized", "authorised", "approved", "succeeded", "success",
        "successful", "settled", "done", "ok", "sale", "sold", "payment", "received", "confirmed",
        "ready for pickup", "picked up", "collected", "invoiced", "finished", "accepted", "active",
        "charge", "order", "purchase",
        "pago", "paga", "parcialmente pago", "concluido", "concluida", "completo", "completa",
        "completado", "completada", "pagado", "pagada", "finalizado", "finalizada", "terminado",
        "entregue", "entregado", "entregada", "enviado", "enviada", "em processamento",
        "en proceso", "procesando", "faturado", "facturado", "venda", "venta", "aprovado",
        "aprobado", "confirmado", "confirmada", "recebido", "recibido", "fechado", "fechada",
        "cerrado", "cerrada",
        "paye", "payee", "payes", "regle", "reglee", "termine", "terminee", "complete",
        "livre", "livree", "expedie", "expediee", "en cours de traitement", "vente", "valide",
        "validee", "confirme", "confirmee", "acquittee", "encaisse", "encaissee", "cloture",
        "bezahlt", "abgeschlossen", "erledigt", "fertig", "geliefert", "versendet", "versandt",
        "in bearbeitung", "verkauf", "zahlung", "bestatigt", "eingegangen", "beglichen",
        "teilweise bezahlt", "ausgeliefert", "abgeholt", "genehmigt", "erfolgreich",
        "pagato", "pagata", "completato", "completata", "concluso", "conclusa", "consegnato",
        "consegnata", "spedito", "spedita", "in lavorazione", "vendita", "confermato", "evaso",
        "betaald", "voltooid", "afgerond", "geleverd", "verzonden", "in behandeling", "verkoop",
        "bevestigd", "verwerkt",
    ),
    OrderStatus.AWAITS_PAYMENT: (
        "unpaid", "not paid", "pending", "pending payment", "payment pending", "awaiting payment",
        "waiting for payment", "on hold", "hold", "open", "new", "overdue", "due", "unsettled",
        "nao pago", "por pagar", "pendente", "pagamento pendente", "aguardando pagamento",
        "aguarda pagamento", "a aguardar pagamento", "em espera", "aberto", "em aberto",
        "no pagado", "no pagada", "pendiente", "pendiente de pago", "en espera", "impagado",
        "abierto",
        "impaye", "impayee", "non paye", "non payee", "en attente", "en attente de paiement",
        "paiement en attente", "attente paiement", "ouvert", "ouverte",
        "unbezahlt", "nicht bezahlt", "offen", "ausstehend", "zahlung ausstehend",
        "wartet auf zahlung", "warten auf zahlung", "in wartestellung", "wartend", "uberfallig",
        "non pagato", "non pagata", "in attesa", "in attesa di pagamento", "in sospeso", "aperto",
        "onbetaald", "niet betaald", "openstaand", "in afwachting", "wachten op betaling",
        "wacht op betaling", "in de wacht",
    ),
    OrderStatus.UNPAID: (
        "failed", "payment failed", "failure", "declined", "denied", "rejected", "refused",
        "expired", "draft", "checkout draft", "auto draft", "abandoned", "incomplete",
        "in progress", "created", "error", "quote", "estimate", "requires payment method", "trash",
        "falhou", "falhado", "falhada", "recusado", "recusada", "rejeitado", "rejeitada",
        "expirado", "expirada", "rascunho", "orcamento",
        "fallido", "fallida", "rechazado", "rechazada", "borrador", "caducado", "caducada",
        "presupuesto",
        "echoue", "echouee", "echec", "refuse", "refusee", "expire", "expiree", "brouillon",
        "devis",
        "fehlgeschlagen", "abgelehnt", "abgelaufen", "entwurf", "angebot",
        "fallito", "fallita", "rifiutato", "rifiutata", "scaduto", "scaduta", "bozza",
        "mislukt", "geweigerd", "afgewezen", "verlopen", "concept",
    ),
    OrderStatus.CANCELLED: (
        "cancelled", "canceled", "cancelado", "cancelada", "cancel", "void", "voided", "deleted",
        "annulled", "reversed", "no sale", "test", "removed", "withdrawn",
        "anulado", "anulada", "anulacao", "cancelamento", "anulacion", "cancelacion",
        "annule", "annulee", "annulation", "supprime", "supprimee",
        "storniert", "storno", "abgebrochen", "annulliert", "stornierung", "geloscht",
        "annullato", "annullata", "cancellato", "cancellata", "stornato", "stornata",
        "geannuleerd", "vervallen", "annulering",
    ),
    OrderStatus.REFUNDED: (
        "refunded", "fully refunded", "returned", "charged back", "chargeback",
        "reembolsado", "reembolsada", "devolvido", "devolvida", "devuelto", "devuelta",
        "rembourse", "remboursee", "retourne", "retournee",
        "erstattet", "ruckerstattet", "zuruckerstattet", "retourniert", "zuruckgegeben",
        "rimborsato", "rimborsata", "reso",
        "terugbetaald", "geretourneerd", "teruggestuurd",
    ),
    OrderStatus.PARTLY_REFUNDED: (
        "partially refunded", "partly refunded", "partial refund", "partially returned",
        "parcialmente reembolsado", "parcialmente reembolsada", "reembolso parcial",
        "parcialmente devolvido", "partiellement rembourse", "partiellement remboursee",
        "remboursement partiel", "teilweise erstattet", "teilerstattet", "teilerstattung",
        "teilweise zuruckerstattet", "parzialmente rimborsato", "rimborso parziale",
        "gedeeltelijk terugbetaald", "deels terugbetaald",
    ),
    OrderStatus.REFUND: (
        "refund", "return", "credit", "credit note", "reembolso", "devolucao", "devolucion",
        "estorno", "nota de credito", "abono", "remboursement", "avoir", "retour", "ruckgabe",
        "erstattung", "ruckerstattung", "gutschrift", "rimborso", "nota di credito",
        "terugbetaling", "retourzending", "creditnota",
    ),
}  # fmt: skip
TILL_WORDS = frozenset({
    "till", "pos", "point of sale", "counter", "in store", "instore", "in shop", "shop", "store",
    "register", "cash register", "in person", "retail", "offline", "walk in", "terminal",
    "physical", "physical store", "square point of sale", "shopify pos", "pos rest api", "cafe",
    "restaurant", "eat in", "dine in", "takeaway", "take away", "salon", "market", "kiosk",
    "loja", "loja fisica", "balcao", "caixa", "tienda", "tienda fisica", "caja", "mostrador",
    "presencial", "ponto de venda", "punto de venta", "tpv",
    "magasin", "boutique", "caisse", "en magasin", "comptoir", "point de vente", "sur place",
    "kasse", "laden", "geschaft", "filiale", "vor ort", "ladengeschaft", "theke", "kassa",
    "negozio", "cassa", "punto vendita", "banco", "in negozio",
    "winkel", "in de winkel", "toonbank",
})  # fmt: skip
ONLINE_WORDS = frozenset({
    "online", "web", "website", "web site", "internet", "online store", "online shop", "webshop",
    "web shop", "web store", "ecommerce", "e commerce", "shopify", "woocommerce", "checkout",
    "app", "mobile app", "mobile", "site", "square online", "online checkout", "buy button",
    "shopify draft order", "instagram", "facebook", "facebook shop", "google", "etsy", "amazon",
    "ebay", "marketplace", "e mail", "email", "telephone", "phone", "phone order", "mail order",
    "iphone", "android", "payment link", "invoice", "subscription",
    "loja online", "loja virtual", "tienda online", "tienda en linea", "en linea", "pagina web",
    "boutique en ligne", "en ligne", "site web", "site internet",
    "onlineshop", "im netz", "internetshop", "negozio online", "sito", "sito web", "in linea",
    "webwinkel", "onlinewinkel",
})  # fmt: skip
STATUS_BY_WORD = {word: status for status, words in STATUS_WORDS.items() for word in words}


# Beginnings of words that decide a status of several words, such as Cancelled by customer.
STATUS_STEMS = {
    OrderStatus.CANCELLED: ("cancel", "annul", "anulad", "storn", "gestorn", "void"),
    OrderStatus.REFUNDED: (
        "refund", "reembols", "rembours", "erstatt", "ruckerstatt", "zuruckerstatt", "rimbors",
        "terugbetaal",
    ),
    OrderStatus.AWAITS_PAYMENT: ("pending", "unpaid", "ausstehend", "pendent"),
    OrderStatus.UNPAID: ("fail", "declin", "expir"),
}  # fmt: skip
PARTLY_STEMS = ("part", "teil", "gedeelt", "deels", "parz", "parc")
NEGATIONS = frozenset({
    "not", "no", "never", "nao", "nicht", "kein", "keine", "non", "pas", "niet", "geen", "sin",
    "ohne", "sem",
})  # fmt: skip
ONLINE_SIGNS = frozenset({
    "online", "web", "website", "webshop", "onlineshop", "internet", "ecommerce",
})  # fmt: skip
TILL_SIGNS = frozenset({
    "pos", "till", "register", "counter", "terminal", "kasse", "caixa", "caja", "caisse", "cassa",
    "kassa",
})  # fmt: skip


@lru_cache(1_000)
def parse_status(written: str) -> OrderStatus | None:
    """Return what a status means; None where the cell is empty."""
    folded = fold_words(written).removeprefix("wc ")
    if not folded:
        return None
    return STATUS_BY_WORD.get(folded) or _status_of_words(folded.split())


def _status_of_words(words: list[str]) -> OrderStatus:
    """Return what several words say, if they say one thing: Paid by card, Refunded on 3 May."""
    statuses = {
        status
        for status, stems in STATUS_STEMS.items()
        if any(word.startswith(stems) for word in words)
    }
    beginnings = (" ".join(words[:length]) for length in range(len(words) - 1, 0, -1))
    beginning = next((text for text in beginnings if text in STATUS_BY_WORD), "")
    if STATUS_BY_WORD.get(beginning) is OrderStatus.PAID:
        statuses.add(OrderStatus.PAID)
    if len(statuses) != 1 or NEGATIONS & set(words):
        return OrderStatus.UNKNOWN
    [status] = statuses
    is_partly = any(word.startswith(PARTLY_STEMS) for word in words)
    if status is OrderStatus.REFUNDED and is_partly:
        return OrderStatus.PARTLY_REFUNDED
    return status


@lru_cache(1_000)
def parse_channel(written: str) -> str | None:
    """Return till or online; None where `written` is neither. An empty cell means the till."""
    folded = fold_words(written)
    if not folded or folded in TILL_WORDS:
        return "till"
    if folded in ONLINE_WORDS:
        return "online"
    words = set(folded.split())
    is_online, is_till = bool(words & ONLINE_SIGNS), bool(words & TILL_SIGNS)
    is_till = is_till or "point of sale" in folded or "in store" in folded
    if is_online == is_till:
        return None
    return "online" if is_online else "till"


def fold_words(written: str) -> str:
    """Return the words without capitals, accents and punctuation."""
    parts = unicodedata.normalize("NFKD", written.casefold())
    letters = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[^\W_]+", letters))
