"""Cells of CSV files: dates, amounts and the order that a column as a whole shows."""
