"""Rules: their configuration, events, enrolment, conditions and steps."""
