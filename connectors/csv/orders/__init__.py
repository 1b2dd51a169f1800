"""Order files: rows are parsed, grouped into orders and refunds, and matched to stored orders."""
