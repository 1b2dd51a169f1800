"""`regulars serve`: its process, its log and its pages."""
