"""Which kinds of data a shop has, and the rules that wait for one it does not have."""
