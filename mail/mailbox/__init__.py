"""What comes back by mail: mails that bounced, complaints, a customer's no, an answer."""
