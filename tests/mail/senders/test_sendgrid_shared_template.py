"""Skeleton and substitutions reproduce every mail, whatever it contains."""

from __future__ import annotations

from dataclasses import replace

import orjson
from hypothesis import given
from hypothesis import strategies as st

from mail.message.mime import Mail
from mail.senders.sendgrid.batches import plan_requests
from mail.senders.sendgrid.payload import encode_request
from mail.senders.sendgrid.preflight import preflight_mail
from mail.senders.sendgrid.shared_template import MAX_SUBSTITUTION_BYTES, Skeleton, shared_skeleton
from sandbox.sendgrid.account import render_mail as delivered
from tests.mail.senders.sendgrid_account import MAIL, mail_to, mails_to, texts

NONCE = "a1b2c3d4"
# Text that resembles, ends or is a tag.
PIECES = ["-", f"-{NONCE}.00001-", NONCE, NONCE[:4], ".00001-", "-%name%-", "[Unsubscribe]",
          "<p>", "</p>", "&amp;", "{{x}}", "é", "🥐", "\u202e", "\r", " ", "Ana", "Clara", "Bruno",
          '<a href="https://cafe.example/u/', '">']  # fmt: skip
LINES = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)
# A few lines that many mails share.
BODIES = st.lists(LINES, min_size=3, max_size=3)
LETTERS = st.lists(st.tuples(LINES, BODIES, BODIES), min_size=1, max_size=12)


def mails_with(letters: list[tuple[str, list[str], list[str]]]) -> list[Mail]:
    return [
        replace(
            mail_to(f"guest{n}"),
            subject=f"About {subject}".replace("\r", ""),
            text="Hello\n" + "\n".join(text),
            html="<p>Hello\n" + "\n".join(html),
        )
        for n, (subject, text, html) in enumerate(letters)
    ]


@given(LETTERS)
def test_every_letter_comes_out_as_it_was_written(
    letters: list[tuple[str, list[str], list[str]]],
) -> None:
    mails = mails_with(letters)
    requests = plan_requests([preflight_mail(mail) for mail in mails], 250, lambda: NONCE)
    arrived = [
        delivered(payload, person)
        for payload in (
            orjson.loads(encode_request(mail_.skeleton, mail_.recipients)) for mail_ in requests
        )
        for person in payload["personalizations"]
    ]
    assert {mail_.id: texts(mail_) for mail_ in arrived} == {
        mail.message_id: texts(mail) for mail in mails
    }
    assert len(arrived) == len(mails)


@given(st.lists(st.tuples(LINES, BODIES, BODIES), min_size=5, max_size=9))
def test_any_letters_of_as_many_lines_can_share(
    letters: list[tuple[str, list[str], list[str]]],
) -> None:
    """Only mails that contain the nonce do not take part."""
    mails = mails_with(letters)
    skeleton, substitutions = shared_skeleton(mails, NONCE)
    fits = [NONCE not in "".join(texts(mail)) for mail in mails]
    assert [values is not None for values in substitutions] == [
        fit and sum(fits) >= 5 for fit in fits
    ]
    for mail, values in zip(mails, substitutions, strict=True):
        assert values is None or skeleton.filled(values) == Skeleton(mail.text, mail.html)


@given(LETTERS)
def test_no_value_and_no_skeleton_tells_of_another(
    letters: list[tuple[str, list[str], list[str]]],
) -> None:
    """Every line of a mail is marked; the common skeleton must hold no mark."""
    mails = [
        replace(mail_, text=mail_.text.replace("\n", f"\nfor-{mail_.message_id}-only "))
        for mail_ in mails_with(letters)
    ]
    for request in plan_requests([preflight_mail(mail) for mail in mails], 250, lambda: NONCE):
        for prepared, values in request.recipients:
            other_ids = {mail.message_id for mail in mails} - {prepared.mail.message_id}
            seen = request.skeleton.text + "".join(values.values())
            assert not any(f"for-{other}-only" in seen for other in other_ids)


def test_only_what_differs_is_in_a_tag() -> None:
    skeleton, values = shared_skeleton(mails_to(5), NONCE)
    assert skeleton.text == f"Hello -{NONCE}.00001-\n\nyour granola waits.\n\nAna\n"
    assert f'href="https://cafe.example/c/-{NONCE}.' in skeleton.html
    assert values[3]
    assert values[3][f"-{NONCE}.00001-"] == "Guest003,"


def test_columns_that_are_equal_share_a_tag() -> None:
    mails = [replace(mail, text=f"{mail.to_name}\n{mail.to_name}\n") for mail in mails_to(5)]
    skeleton, _ = shared_skeleton(mails, NONCE)
    assert skeleton.text == f"-{NONCE}.00001-\n-{NONCE}.00001-\n"


def test_tags_have_nothing_that_sendgrid_refuses_in_them() -> None:
    _, values = shared_skeleton(mails_to(5), NONCE)
    assert values[0]
    assert not any(set(tag) & set("<>& ") for tag in values[0])


def test_who_has_the_nonce_in_it_goes_alone() -> None:
    mails = mails_to(6)
    mails[2] = replace(mails[2], text=mails[2].text.replace("granola", NONCE))
    _, values = shared_skeleton(mails, NONCE)
    assert [substitutions is None for substitutions in values] == [
        False,
        False,
        True,
        False,
        False,
        False,
    ]


def test_who_needs_more_than_sendgrid_substitutes_goes_alone() -> None:
    mails = mails_to(6)
    mails[2] = replace(
        mails[2], text=mails[2].text.replace("granola", "é" * (MAX_SUBSTITUTION_BYTES // 2))
    )
    _, values = shared_skeleton(mails, NONCE)
    assert [substitutions is None for substitutions in values] == [
        False,
        False,
        True,
        False,
        False,
        False,
    ]


def test_letters_of_two_templates_do_not_mix() -> None:
    other = [mail_to(f"x{n}", html="<h1>Hello</h1>\n<p>Bye</p>\n") for n in range(5)]
    requests = plan_requests([preflight_mail(mail) for mail in [*mails_to(5), *other]], 250)
    assert [len(planned_request.recipients) for planned_request in requests] == [5, 5]
    assert "granola" not in requests[1].skeleton.html


def test_letters_that_are_all_the_same_need_no_tags() -> None:
    same = [replace(MAIL, message_id=f"m{n}", to_address=f"m{n}@example.com") for n in range(5)]
    skeleton, values = shared_skeleton(same, NONCE)
    assert (skeleton.text, skeleton.html) == (MAIL.text, MAIL.html)
    assert values == [{}] * 5


def test_what_begins_alike_is_not_taken_for_an_end_as_well() -> None:
    mails = [
        replace(mail, text=f"Hello\n{' a' * (1 + n % 3)}\n") for n, mail in enumerate(mails_to(6))
    ]
    skeleton, substitutions = shared_skeleton(mails, NONCE)
    assert skeleton.text == f"Hello\n -{NONCE}.00001-\n"
    assert None not in substitutions
