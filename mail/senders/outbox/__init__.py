"""A folder of mails that reaches no customer: for rehearsals."""
