"""Languages: how they write dates and amounts, and that adding one is adding a folder."""
