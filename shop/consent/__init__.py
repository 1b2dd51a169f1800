"""Consent: statements, the basis they come to, sign-ups, suppressions and opt-outs."""
