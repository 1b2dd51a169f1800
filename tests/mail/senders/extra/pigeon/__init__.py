"""Carrier pigeons: each takes one mail to a loft, which is a folder."""
