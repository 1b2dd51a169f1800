"""Consent in files of customers: its columns, and what all rows of one person say together."""
