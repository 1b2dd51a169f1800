"""Lists of customers, and the page of each: what the owner's pages and `customers` show."""
