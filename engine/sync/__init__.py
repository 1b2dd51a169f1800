"""Synchronises all sources: connectors, mailbox, provider suppression lists and opt-outs written
back.
"""
