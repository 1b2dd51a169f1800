"""Sentences about events, a module for each, named like its file in `triggers/events/`.

`REASON` completes "You get this because …"; the others are for `regulars why`.
"""
