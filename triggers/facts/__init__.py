"""Facts that `if` and `unless` may ask for: their keys, their SQL conditions, their explanation."""
