"""Sentences of `regulars why` about events, a module for each: `<file in triggers/events>_text`.

Why a mail comes, as its reader is told, stands in `templates/<code>/reasons.py`.
"""
