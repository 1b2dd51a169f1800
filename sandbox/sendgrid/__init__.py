"""SendGrid's sandbox server: accepts mails without sending them, and keeps suppression lists."""
