"""E-mail: gate, rendering, message building, senders, and the mailbox for returned mails."""
