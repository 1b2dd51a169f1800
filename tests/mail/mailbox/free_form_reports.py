"""Reports in words only, as services write them that send no delivery-status part."""

from __future__ import annotations

from tests.mail.mailbox.returned_mails import BRUNO, ID, OURS

COPY = f"""\
Received: from mail.cornercafe.example by mx.example.com; Tue, 3 Mar 2026 10:05:10 +0000
Message-ID: {OURS}
From: Ana <ana@cornercafe.example>
To: {BRUNO}
Subject: Your mailbox of granola is full, and no such user blocked it

Fresh granola.
"""


def report(sender: str, subject: str, text: str, copy_line: str, more: str = "") -> str:
    """A report in one plain text, with the returned mail below `copy_line`."""
    return f"""\
From: {sender}
To: ana@cornercafe.example
Subject: {subject}
Message-ID: <report-1@mx.example.com>
{more}Content-Type: text/plain; charset=utf-8

{text}

{copy_line}

{COPY}"""


def like_yahoo(answer: str) -> str:
    text = f"We could not hand over your message.\n\n<{BRUNO}>:\nRemote host said: {answer}"
    below = "--- Below this line is a copy of the message."
    return report("MAILER-DAEMON@mx.example.com", "Failure Notice", text, below)


def like_gmx(answer: str) -> str:
    text = (
        f"This is a permanent error. The following address\nfailed:\n\n{BRUNO}\n\nReason:\n{answer}"
    )
    below = "--- The header of the original message is following. ---"
    return report("MAILER-DAEMON@gmx.example", "Mail delivery failed", text, below)


def like_zoho(answer: str) -> str:
    code, _, words = answer.partition(" ")
    text = f"This is a permanent error.\n\n{BRUNO}, ERROR_CODE :{code}, ERROR_CODE :{words}"
    sender = "mailer-daemon@mail.zoho.example"
    return report(sender, "Undelivered Mail Returned to Sender", text, "")


def like_exchange(answer: str) -> str:
    text = (
        "Your message\n\n  To: Bruno\n  Subject: No such user wants spam\n  Sent: 3 March\n\n"
        f"did not reach the following recipient(s):\n\n{BRUNO} on 3 March\n    {answer}"
    )
    sender = "System Administrator <postmaster@example.com>"
    return report(sender, "Undeliverable: granola", text, "------ Original message ------")


def like_domino(answer: str) -> str:
    text = (
        f"Your message\n\n  Subject: granola\n\nwas not delivered to:\n\n  {BRUNO}\n\n"
        f"because:\n\n  {answer}"
    )
    return report("Postmaster@notes.example", "DELIVERY FAILURE: sorry", text, "")


def like_interscan(answer: str) -> str:
    text = f"Sent <<< RCPT TO:<{BRUNO}>\nReceived >>> {answer}\n\nUnable to deliver."
    return report("imss@example.com", "Mail could not be delivered", text, "")


def in_html(answer: str) -> str:
    """Only HTML, with the returned mail attached."""
    return f"""\
From: Microsoft Outlook <postmaster@example.com>
To: ana@cornercafe.example
Subject: Undeliverable: granola
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=utf-8

<html><head><style>p {{ color: blocked }}</style></head><body>
<p>Your message to {BRUNO} did not arrive.</p><table><tr><td>Remote Server returned
'{answer}'</td></tr></table></body></html>

--b
Content-Type: message/rfc822

{COPY}
--b--
"""


def like_workmail(answer: str) -> str:
    """The fields of RFC 3464 as text."""
    text = (
        f"An error occurred.\n\nTechnical report:\n\nAction: failed\n"
        f"Final-Recipient: rfc822; {BRUNO}\nDiagnostic-Code: smtp; {answer}\nStatus: 5.0.0"
    )
    sender = "MAILER-DAEMON@mail.example.com"
    return report(sender, "Delivery Status Notification (Failure)", text, "")


FORMATS = {
    "yahoo": like_yahoo,
    "gmx": like_gmx,
    "zoho": like_zoho,
    "exchange": like_exchange,
    "domino": like_domino,
    "interscan": like_interscan,
    "html": in_html,
    "workmail": like_workmail,
}

OUTLOOK_COMPLAINT = f"""\
From: <staff@hotmail.com>
To: abuse@cornercafe.example
Subject: complaint about message from 192.0.2.7
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b
X-HmXmrOriginalRecipient: {BRUNO}

--b
Content-Type: message/rfc822

X-HmXmrOriginalRecipient: {BRUNO}
{COPY}
--b--
"""

MISTYPED_COMPLAINT = f"""\
From: feedback@arf.example.com
To: fbl@cornercafe.example
Subject: FW: Granola
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: text/plain

This is an e-mail abuse report.

--b
Content-Type: text/plain

Feedback-Type: abuse
Version: 0.1

--b
Content-Type: text/rfc822-headers

Message-ID: {OURS}

--b--
"""

VACATION = f"""\
Return-Path: <>
From: Bruno <{BRUNO}>
To: ana@cornercafe.example
Subject: I am on the road
In-Reply-To: {OURS}
Auto-Submitted: auto-replied

My account is disabled for a week, and this mailbox is full. Mail {ID} waits.
"""
