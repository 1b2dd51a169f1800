"""Loyalty points: earning, refunds, expiry, balances and rewards."""
