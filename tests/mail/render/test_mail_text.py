"""The text of each mail for an event, with all facts known and with few."""

from __future__ import annotations

import pytest

from mail.render.mail_facts import MailFacts
from mail.render.renderer import Renderer
from templates.language import ENGLISH
from tests.mail.people import HARDLY_KNOWN, WELL_KNOWN

RENDERER = Renderer(None, ENGLISH)
WRITE = "\n\nWrite to Ana: ana@cornercafe.example\n"
FOOTER_TEXT = """
Ana
Corner Café

You get this because you said yes at our till on 3 May.
Corner Café, Rua das Flores 12, 1200-192 Lisboa
Unsubscribe: https://mail.cornercafe.example/u/1.abc.def
"""

TO_CLARA = {
    "birthday": """Happy birthday, Clara!

All of us at Corner Café wish you a lovely 14 March.

To go with it, have a free cappuccino on us: just show this mail. \
There is nothing to buy, and nothing to prove. Yours until 14 June."""
    + WRITE,
    "first-visit-treat": """Thank you for coming by, Clara

It was good to have you here, and I hope you liked it.

Next time, have a free cappuccino on us: just show this mail. Yours until 14 June."""
    + WRITE,
    "points-earned": """8 points, Clara

Thank you for coming by. Here is how your points stand.

Earned lately   3
All your points   8

With 2 more, you get a free coffee."""
    + WRITE,
    "points-expiring": """Hello Clara,

Just so that you know: 5 of your 8 points end on 30 June.

With 2 more, you get a free coffee: just ask at the till."""
    + WRITE,
    "sorry-from-the-owner": """Hello Clara,

Thank you for telling us how it was. You wrote:

“The coffee was cold and nobody said hello.”

I am sorry. It should not have been like that, and I would like to put it right.

What would help? Just reply, it comes straight to me.

Reply to Ana: ana@cornercafe.example
""",
    "welcome": """Welcome, Clara

Thank you for saying yes to mail from Corner Café. It will be short, and come now and then: \
what is new here, and what may please you.

Good to know: every mail comes from me. Reply to any of them, and I will read it.

Should it ever be too much, the last line of each mail ends it at once."""
    + WRITE,
}
TO_ANONYMOUS = {
    "birthday": """Happy birthday!

All of us at Corner Café wish you a lovely 14 March.

To go with it, have a free cappuccino on us: just show this mail. \
There is nothing to buy, and nothing to prove."""
    + WRITE,
    "first-visit-treat": """Thank you for coming by

It was good to have you here, and I hope you liked it.

Next time, have a free cappuccino on us: just show this mail."""
    + WRITE,
    "points-earned": """1 point

Thank you for coming by. Here is how your points stand.

Earned lately   1
All your points   1"""
    + WRITE,
    "points-expiring": """Hello,

Just so that you know: your 1 point ends on 30 June.

The next time you come by, ask at the till what points are good for."""
    + WRITE,
    "sorry-from-the-owner": """Hello,

Thank you for being frank with us about Tuesday. \
I am sorry that it was not as it should have been, and I would like to put it right.

What would help? Just reply, it comes straight to me.

Reply to Ana: ana@cornercafe.example
""",
    "welcome": TO_CLARA["welcome"].replace("Welcome, Clara", "Welcome"),
}


@pytest.mark.parametrize(
    ("name", "facts", "text"),
    [
        *((name, WELL_KNOWN, text) for name, text in TO_CLARA.items()),
        *((name, HARDLY_KNOWN, text) for name, text in TO_ANONYMOUS.items()),
    ],
)
def test_the_words_of_a_mail(name: str, facts: MailFacts, text: str) -> None:
    assert RENDERER.render(name, facts).text == text + FOOTER_TEXT
