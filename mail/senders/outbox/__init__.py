"""A folder of mails that reaches nobody: for rehearsals."""
