"""The rules of a shop as the page Rules and `regulars rules` show them: figures, steps, text."""
