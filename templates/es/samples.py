"""What stands in an example of a mail: in previews, and where a template is tried."""

from __future__ import annotations

TREAT = "un café"
ANSWER = "El café estaba frío y nadie saludó."
WRONG_SUBJECT = "Un capuchino de nuestra parte, Clara"
SAYING = "El capuchino era para mayo."
