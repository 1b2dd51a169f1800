"""Sentences about events, a module for each: `<file in triggers/events>_text`.

`REASON` completes "You get this because …"; the others are for `regulars why`.
"""
