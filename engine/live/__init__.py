"""Conditions for sending to customers: the doctor's findings and the settings they apply to."""
