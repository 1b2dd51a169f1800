"""PayPal's download of the activity of an account.

https://developer.paypal.com/api/nvp-soap/paypal-payments-standard/admin/download-history/ names
the columns, https://developer.paypal.com/docs/reports/reference/tcodes/ the codes of what happened,
whose descriptions are those of the column Type. In German the headings of a statement stand in
https://github.com/nicolettas-muggelbude/RechnungsFee/issues/248; those of the activity are untried.
"""

from __future__ import annotations

from connectors.csv.presets.preset import Preset, headings

PRESETS = (
    Preset(
        name="paypal",
        title="PayPal: activity of the account",
        holds="orders",
        headings=headings("""
            Date, Time, TimeZone, Name, Type, Status, Currency, Gross, Fee, Net, From Email Address,
            To Email Address, Transaction ID, Shipping Address, Address Status, Item Title, Item ID,
            Shipping and Handling Amount, Insurance Amount, Sales Tax, Option 1 Name,
            Option 1 Value, Reference Txn ID, Invoice Number, Custom Number, Quantity, Receipt ID,
            Balance, Contact Phone Number, Subject, Note, Transaction Event Code, Balance Impact
        """),
        marks=headings("""
            TimeZone, Gross, Fee, Net, From Email Address, To Email Address, Address Status,
            Item Title, Reference Txn ID, Receipt ID, Balance, Balance Impact
        """),
        needed=5,
        distinct=(headings("From Email Address, To Email Address, Reference Txn ID"),),
        columns={
            "customer": ("From Email Address",),
            "when": ("Date",),
            "time": ("Time",),
            "total": ("Gross",),
            "order": ("Transaction ID",),
            "product": ("Item Title",),
            "quantity": ("Quantity",),
            "status": ("Status",),
            "currency": ("Currency",),
            "kind": ("Transaction Event Code", "Type"),
            "balance": ("Balance Impact",),
            "refund of": ("Reference Txn ID",),
            "category": (),
            "channel": (),
            "refunded": (),
        },
        left_out={
            "other amounts of the same payment": headings("""
                Fee, Net, Balance, Sales Tax, Insurance Amount, Shipping and Handling Amount
            """),
            "postal addresses": headings("Shipping Address, Address Status"),
        },
        notes=(
            "Read are payments of customers and their refunds, and nothing else of the account.",
        ),
        page=(
            "https://developer.paypal.com/api/nvp-soap/paypal-payments-standard/admin/"
            "download-history/"
        ),
    ),
    Preset(
        name="paypal-german",
        title="PayPal: activity of the account, in German",
        holds="orders",
        headings=headings("""
            Datum, Uhrzeit, Zeitzone, Name, Typ, Beschreibung, Status, Währung, Brutto, Gebühr,
            Entgelt, Netto, Absender E-Mail-Adresse, Empfänger E-Mail-Adresse, Transaktionscode,
            Lieferadresse, Adress-Status, Artikelbezeichnung, Artikelnummer,
            Versand- und Bearbeitungsgebühr, Versicherungsbetrag, Umsatzsteuer, Option 1 Name,
            Option 1 Wert, Option 2 Name, Option 2 Wert, Zugehöriger Transaktionscode,
            Rechnungsnummer, Zollnummer, Anzahl, Empfangsnummer, Guthaben, Adresszeile 1,
            Adresszusatz, Ort, Bundesland, PLZ, Land, Telefon, Betreff, Hinweis, Ländervorwahl,
            Name der Bank, Bankkonto, Transaktionsereigniscode, Auswirkung auf Guthaben
        """),
        marks=headings("""
            Zeitzone, Brutto, Netto, Absender E-Mail-Adresse, Empfänger E-Mail-Adresse,
            Transaktionscode, Zugehöriger Transaktionscode, Empfangsnummer, Guthaben,
            Versand- und Bearbeitungsgebühr, Auswirkung auf Guthaben
        """),
        needed=5,
        distinct=(headings("Zugehöriger Transaktionscode, Absender E-Mail-Adresse"),),
        columns={
            "customer": ("Absender E-Mail-Adresse",),
            "when": ("Datum",),
            "time": ("Uhrzeit",),
            "total": ("Brutto",),
            "order": ("Transaktionscode",),
            "product": ("Artikelbezeichnung",),
            "quantity": ("Anzahl",),
            "status": ("Status",),
            "currency": ("Währung",),
            "kind": ("Transaktionsereigniscode", "Typ", "Beschreibung"),
            "balance": ("Auswirkung auf Guthaben",),
            "refund of": ("Zugehöriger Transaktionscode",),
            "category": (),
            "channel": (),
            "refunded": (),
        },
        left_out={
            "other amounts of the same payment": headings("""
                Gebühr, Entgelt, Netto, Guthaben, Umsatzsteuer, Versicherungsbetrag,
                Versand- und Bearbeitungsgebühr
            """),
            "postal addresses": headings("""
                Lieferadresse, Adress-Status, Adresszeile 1, Adresszusatz, Ort, Bundesland, PLZ,
                Land
            """),
        },
        notes=(
            "Read are payments of customers and refunds of them; the rest of the account is not.",
        ),
        page="https://github.com/nicolettas-muggelbude/RechnungsFee/issues/248",
    ),
)
