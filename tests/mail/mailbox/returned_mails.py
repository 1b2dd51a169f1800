"""Bounces, complaints and replies of real software, about one mail of ours to Bruno."""

from __future__ import annotations

ID = "0123456789abcdef0123456789abcdef"
OURS = f"<{ID}@cornercafe.example>"
BRUNO = "bruno@example.com"

POSTFIX = f"""\
Return-Path: <>
Received: by mx.cornercafe.example (Postfix)\tid 4F2A91; Tue,  3 Mar 2026 10:05:11 +0000 (WET)
Date: Tue,  3 Mar 2026 10:05:11 +0000 (WET)
From: MAILER-DAEMON@mx.cornercafe.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: ana@cornercafe.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="3C1D820B.1772532311/mx.cornercafe.example"
Message-Id: <20260303100511.4F2A91@mx.cornercafe.example>

This is a MIME-encapsulated message.

--3C1D820B.1772532311/mx.cornercafe.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.cornercafe.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<{BRUNO}>: host mx.example.com[192.0.2.1] said: 550 5.1.1
    <{BRUNO}>: Recipient address rejected: User unknown (in reply to RCPT TO
    command)

--3C1D820B.1772532311/mx.cornercafe.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.cornercafe.example
X-Postfix-Queue-ID: 3C1D820B
X-Postfix-Sender: rfc822; ana@cornercafe.example
Arrival-Date: Tue,  3 Mar 2026 10:05:10 +0000 (WET)

Final-Recipient: rfc822; {BRUNO}
Original-Recipient: rfc822;{BRUNO}
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 5.1.1 <{BRUNO}>: Recipient address rejected: User
    unknown

--3C1D820B.1772532311/mx.cornercafe.example
Content-Description: Undelivered Message
Content-Type: message/rfc822

From: Ana at Corner =?utf-8?b?Q2Fmw6k=?= <ana@cornercafe.example>
To: Bruno <{BRUNO}>
Subject: Your granola is still here
Message-ID: {OURS}
MIME-Version: 1.0
Content-Type: text/plain

Hello Bruno
--3C1D820B.1772532311/mx.cornercafe.example--
"""

POSTFIX_DELAYED = (
    POSTFIX.replace("Action: failed", "Action: delayed")
    .replace("Status: 5.1.1", "Status: 4.4.1")
    .replace(
        "smtp; 550 5.1.1", "X-Postfix; connect to mx.example.com[192.0.2.1]:25: timed out 4.4.1"
    )
    .replace("Undelivered Mail Returned to Sender", "Delayed Mail (still being retried)")
)

FULL = (
    POSTFIX.replace("Status: 5.1.1", "Status: 5.2.2")
    .replace("550 5.1.1", "552 5.2.2")
    .replace("User\n    unknown", "mailbox\n    is full")
)

BLOCKED = POSTFIX.replace("5.1.1", "5.7.1").replace("User\n    unknown", "blocked\n    by policy")

# Exim since 4.88; the status is always 5.0.0.
EXIM = f"""\
Return-path: <>
Received: from Debian-exim by mx.cornercafe.example with local (Exim 4.96)
\tid 1rZabc-0001; Tue, 03 Mar 2026 10:05:11 +0000
X-Failed-Recipients: {BRUNO}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.cornercafe.example>
To: ana@cornercafe.example
References: {OURS}
Content-Type: multipart/report; report-type=delivery-status; boundary=1772532311-eximdsn-804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1rZabc-0001@mx.cornercafe.example>
Date: Tue, 03 Mar 2026 10:05:11 +0000

--1772532311-eximdsn-804289383
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {BRUNO}
    host mx.example.com [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<{BRUNO}>:
    550 5.1.1 <{BRUNO}>: Recipient address rejected: User unknown

--1772532311-eximdsn-804289383
Content-type: message/delivery-status

Reporting-MTA: dns; mx.cornercafe.example

Action: failed
Final-Recipient: rfc822;{BRUNO}
Status: 5.0.0
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 5.1.1 <{BRUNO}>: Recipient address rejected: User unknown

--1772532311-eximdsn-804289383
Content-type: text/rfc822-headers

Return-path: <ana@cornercafe.example>
From: Ana at Corner Cafe <ana@cornercafe.example>
To: Bruno <{BRUNO}>
Message-ID: {OURS}

--1772532311-eximdsn-804289383--
"""

OLD_EXIM = f"""\
Return-path: <>
X-Failed-Recipients: {BRUNO}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.cornercafe.example>
To: ana@cornercafe.example
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1Vabc-0002@mx.cornercafe.example>
Date: Tue, 03 Mar 2026 10:05:11 +0000

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {BRUNO}
    Unrouteable address

------ This is a copy of the message, including all the headers. ------

Return-path: <ana@cornercafe.example>
From: Ana at Corner Cafe <ana@cornercafe.example>
To: Bruno <{BRUNO}>
Message-ID: {OURS}

Hello Bruno. Your mailbox is full of nothing, user unknown to us.
"""

QMAIL = f"""\
Return-Path: <>
Received: (qmail 4711 invoked for bounce); 3 Mar 2026 10:05:11 -0000
Date: 3 Mar 2026 10:05:11 -0000
From: MAILER-DAEMON@mx.cornercafe.example
To: ana@cornercafe.example
Subject: failure notice

Hi. This is the qmail-send program at mx.cornercafe.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{BRUNO}>:
192.0.2.1 does not like recipient.
Remote host said: 550 sorry, no mailbox here by that name (#5.1.1)
Giving up on 192.0.2.1.

--- Below this line is a copy of the message.

Return-Path: <ana@cornercafe.example>
To: Bruno <{BRUNO}>
Message-ID: {OURS}

<clara@example.com>:
Hello Bruno.
"""

EXCHANGE = f"""\
From: <postmaster@example.com>
To: <ana@cornercafe.example>
Date: Tue, 3 Mar 2026 10:05:11 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="c5fa1d2e-0f3c-4a55-9a5e-6f6c3a2f9d11"
Content-Language: en-US
Message-ID: <c0ffee@AM0PR01MB1234.eurprd01.prod.exchangelabs.com>
In-Reply-To: {OURS}
References: {OURS}
Subject: Undeliverable: Your granola is still here
Auto-Submitted: auto-replied
MIME-Version: 1.0

--c5fa1d2e-0f3c-4a55-9a5e-6f6c3a2f9d11
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to {BRUNO} couldn't be delivered.=0A
--inner
Content-Type: text/html; charset="us-ascii"

<p>Your message couldn't be delivered.</p>
--inner--

--c5fa1d2e-0f3c-4a55-9a5e-6f6c3a2f9d11
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR01MB1234.eurprd01.prod.outlook.com
Received-From-MTA: dns;mx.cornercafe.example
Arrival-Date: Tue, 3 Mar 2026 10:05:10 +0000

Final-Recipient: rfc822;{BRUNO}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {BRUNO} not found

--c5fa1d2e-0f3c-4a55-9a5e-6f6c3a2f9d11--
"""

GMAIL = f"""\
Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: ana@cornercafe.example
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: {OURS}
In-Reply-To: {OURS}
X-Failed-Recipients: {BRUNO}
Message-ID: <69a6b1c2.050a0220.1f3.GMR@mx.google.com>
Date: Tue, 03 Mar 2026 02:05:11 -0800 (PST)
Content-Type: multipart/report; boundary="000000000000a1b2c3"; report-type=delivery-status

--000000000000a1b2c3
Content-Type: multipart/related; boundary="000000000000a1b2c4"

--000000000000a1b2c4
Content-Type: multipart/alternative; boundary="000000000000a1b2c5"

--000000000000a1b2c5
Content-Type: text/plain; charset="UTF-8"


** Recipient inbox full **

Your message couldn't be delivered to {BRUNO}. Their inbox is full.
--000000000000a1b2c5--

--000000000000a1b2c4--

--000000000000a1b2c3
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Tue, 03 Mar 2026 02:05:10 -0800 (PST)
X-Original-Message-ID: {OURS}

Final-Recipient: rfc822; {BRUNO}
Action: failed
Status: 5.2.2
Remote-MTA: dns; gmail-smtp-in.l.google.com.
Diagnostic-Code: smtp; 552-5.2.2 The recipient's inbox is out of storage space.
 552 5.2.2  https://support.google.com/mail/?p=OverQuotaPerm x-20020a gsmtp
Last-Attempt-Date: Tue, 03 Mar 2026 02:05:11 -0800 (PST)

--000000000000a1b2c3
Content-Type: message/rfc822

From: Ana <ana@cornercafe.example>
To: {BRUNO}
Message-ID: {OURS}

Hello
--000000000000a1b2c3--
"""

# RFC 6533: with addresses in all letters.
GLOBAL = (
    POSTFIX.replace("message/delivery-status", "message/global-delivery-status")
    .replace("Content-Description: Delivery report", "Content-Transfer-Encoding: 8bit")
    .replace("Final-Recipient: rfc822;", "Final-Recipient: utf-8;")
)

COMPLAINT = f"""\
From: <complaints@mail.example.com>
Date: Tue, 3 Mar 2026 12:00:00 +0000
Subject: FW: Your granola is still here
To: <ana@cornercafe.example>
Message-ID: <arf-1@mail.example.com>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part1"

--part1
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report for an email message received from 192.0.2.9.

--part1
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <ana@cornercafe.example>
Original-Rcpt-To: <{BRUNO}>
Received-Date: Tue, 3 Mar 2026 10:01:00 +0000

--part1
Content-Type: message/rfc822
Content-Disposition: inline

From: <ana@cornercafe.example>
To: <{BRUNO}>
Subject: Your granola is still here
Message-ID: {OURS}

Hello Bruno
--part1--
"""

ANSWER = f"""\
Return-Path: <{BRUNO}>
From: Bruno <{BRUNO}>
To: ana@cornercafe.example
Subject: Re: Your granola is still here
Date: Tue, 3 Mar 2026 11:00:00 +0000
Message-ID: <bruno-1@phone.example.com>
In-Reply-To: {OURS}
References: <somebody@else.example> {OURS}
Content-Type: text/plain; charset=utf-8

Thank you, I will come by tomorrow.
"""

OUT_OF_OFFICE = ANSWER.replace(
    "Subject: Re: Your", "Auto-Submitted: auto-replied (vacation)\nSubject: Out of office: Your"
)

OLD_OUT_OF_OFFICE = ANSWER.replace("Subject: Re: Your", "Subject: Automatic reply: Your")

READ_RECEIPT = ANSWER.replace(
    "Content-Type: text/plain; charset=utf-8",
    "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
)


def unsubscribe_mail(subject: str, *, sender: str = f"Bruno <{BRUNO}>", more: str = "") -> str:
    """A mail that opts out."""
    return (
        f"From: {sender}\nTo: unsubscribe@cornercafe.example\nSubject: {subject}\n"
        f"Message-ID: <asking@example.com>\n{more}\nplease\n"
    )
