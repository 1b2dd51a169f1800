"""A look-alike of SendGrid's `POST /v3/mail/send`, on loopback: it takes mails to nobody."""
