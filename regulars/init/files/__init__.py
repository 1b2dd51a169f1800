"""The files of the interview: what each holds, how they belong together, and corrections."""
