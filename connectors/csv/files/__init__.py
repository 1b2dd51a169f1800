"""What a file is, whatever it is called: text, a workbook, or a zip that holds several files."""
