"""Known exports of other programs: one module a program, with how the columns are read."""
