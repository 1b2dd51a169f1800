"""What a row of an order file is by its kind: a payment, a refund, or no sale at all.

An account of payments lists fees, conversions of currency, holds and transfers beside the sales.
PayPal's codes: https://developer.paypal.com/docs/reports/reference/tcodes/. The descriptions of
its column Type are those of the codes.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from connectors.csv.orders.words import fold_words


class RowKind(StrEnum):
    """What a row is about."""

    SALE = "payment"
    REFUND = "refund"
    OTHER = "no sale"


PAYPAL_CODE = re.compile(r"t(\d\d)(\d\d)")
PAYPAL_PAYMENTS = "00"
# Of the group of payments: payouts to many, postage, rebates, and transfers between stores.
PAYPAL_NO_SALES = frozenset({"t0001", "t0008", "t0014", "t0017"})
# A reversal by PayPal, a refund by the shop, and a chargeback.
PAYPAL_REFUNDS = frozenset({"t1106", "t1107", "t1201"})
# Beginnings of words; the first line that fits decides.
OTHER_STEMS = (
    "conver", "umrechnung", "wahrungsumrechnung", "omrekening", "valutaomrekening",
    "withdraw", "abbuchung", "abhebung", "retrait", "retirada", "levantamento", "prelievo",
    "opname", "payout", "auszahlung", "masspay", "mass",
    "transfer", "uberweisung", "virement", "trasferimento", "overboeking", "deposit", "einzahlung",
    "bank", "bankgutschrift", "hold", "release", "einbehalt", "freigabe", "retencion", "retenue",
    "trattenuta", "authori", "autori", "void", "reauthori", "fee", "fees", "gebuhr", "frais",
    "comision", "comissao", "commission", "kosten", "adjustment", "anpassung", "reserve",
    "reserv", "funding", "loan", "interest", "dividend", "redemption", "bonus", "cashback",
    "postage", "request", "invoice", "anforderung", "rechnung",
)  # fmt: skip
REFUND_STEMS = (
    "refund", "revers", "chargeback", "return", "ruckzahlung", "ruckerstattung", "erstattung",
    "ruckbuchung", "ruckgabe", "rembours", "reembols", "devoluc", "estorno", "rimbors", "storno",
    "terugbetaling", "retour",
)  # fmt: skip
SALE_STEMS = (
    "payment", "sale", "purchase", "charge", "order", "donation", "checkout",
    "zahlung", "verkauf", "einkauf", "bestellung", "paiement", "vente", "commande", "pago",
    "venta", "pedido", "pagamento", "venda", "encomenda", "vendita", "ordine", "betaling",
    "verkoop", "spende",
)  # fmt: skip
SALE_ENDINGS = ("zahlung", "betaling")  # Expresszahlung
DEBIT = frozenset({"debit", "soll", "belastung", "lastschrift", "debito", "addebito", "af"})
CREDIT = frozenset({"credit", "haben", "gutschrift", "credito", "accredito", "bij"})
MEMO = frozenset({"memo"})


@lru_cache(1_000)
def parse_kind(written: str) -> RowKind | None:
    """Return what a row of this kind is: a code of PayPal or words; None for an empty cell.

    Words that are not known are no sale.
    """
    folded = fold_words(written)
    if not folded:
        return None
    if code := PAYPAL_CODE.fullmatch(folded):
        return _paypal_kind(folded, code[1])
    words = folded.split()
    if _any_begins(words, OTHER_STEMS):
        return RowKind.OTHER
    if _any_begins(words, REFUND_STEMS):
        return RowKind.REFUND
    is_sale = _any_begins(words, SALE_STEMS) or any(word.endswith(SALE_ENDINGS) for word in words)
    return RowKind.SALE if is_sale else RowKind.OTHER


def row_kind(written: str, balance: str, total: int | None, *, signed: bool) -> RowKind | None:
    """Return what a row is by its kind, its effect on the `balance`, and the sign of its `total`.

    A payment that takes money out was made by the shop, and a refund that brings some was made to
    it. `signed`: where no column says what is taken out, a minus does.
    """
    kind, effect = parse_kind(written), fold_words(balance)
    if kind is None:
        return None
    if effect in MEMO:
        return RowKind.OTHER
    is_out, is_in = effect in DEBIT, effect in CREDIT
    if not (is_out or is_in) and signed and total:
        is_out, is_in = total < 0, total > 0
    if (kind is RowKind.SALE and is_out) or (kind is RowKind.REFUND and is_in):
        return RowKind.OTHER
    return kind


def _paypal_kind(code: str, group: str) -> RowKind:
    if code in PAYPAL_REFUNDS:
        return RowKind.REFUND
    is_sale = group == PAYPAL_PAYMENTS and code not in PAYPAL_NO_SALES
    return RowKind.SALE if is_sale else RowKind.OTHER


def _any_begins(words: list[str], stems: tuple[str, ...]) -> bool:
    return any(word.startswith(stems) for word in words)
