"""`regulars inspect`: what files are, and what would be read of them."""
