"""A tick up to delivery: evaluates rules, advances enrolments, counts what it did."""
