"""Square's API: a till, its customers, its loyalty programme and its appointments."""
