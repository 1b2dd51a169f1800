"""Sign-up with double opt-in: the request, the confirmation mail and the opt-in."""
