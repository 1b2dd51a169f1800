"""Column types and values: moments, money, phone numbers and the purpose of a mail."""
