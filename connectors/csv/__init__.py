"""Files that a shop exported from elsewhere."""
