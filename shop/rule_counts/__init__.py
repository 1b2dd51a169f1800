"""Counters of enrolments, mails and tasks by rule, step and outcome, exact at every moment.

Triggers of the database keep them in the transaction of each change, whatever makes it: ticks,
deliveries, merges of customers, edits of a series, a clock that is taken back.
"""
