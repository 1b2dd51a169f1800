"""Explanations for the owner: why a customer was mailed or not (`why`), and what is stored about
them.
"""
