"""What a file is and what would be read of it, without writing anything."""
