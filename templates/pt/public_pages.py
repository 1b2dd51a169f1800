"""Sentences of the public pages that their templates do not hold."""

from __future__ import annotations

from templates.forms import Forms

# Errors of the sign-up form, each shown at its field.
ADDRESS_MISSING = Forms(
    "Escreve o teu endereço de e-mail, por exemplo clara@example.com.",
    "Escreva o seu endereço de e-mail, por exemplo clara@example.com.",
)
ADDRESS_INVALID = "Isto não é um endereço de e-mail. Um exemplo: clara@example.com."
NAME_INVALID = "Um nome tem letras, no máximo 40. O campo também pode ficar vazio."
BIRTHDAY_INCOMPLETE = "São precisos o dia e o mês, ou nenhum dos dois."
BIRTHDAY_INVALID = "Esse dia não existe. É preciso rever o dia e o mês."

# On the card for the till, above the code that leads to the sign-up page.
TILL_CARD = Forms(
    "Aponta a câmara para aqui e recebe as nossas notícias por e-mail.",
    "Aponte a câmara para aqui e receba as nossas notícias por e-mail.",
)
