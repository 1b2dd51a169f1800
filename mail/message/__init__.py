"""Building messages: headers, MIME, signed links."""
