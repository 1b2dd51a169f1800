"""Reactions to mails: replies, bounces, unsubscribes and suppression lists."""
