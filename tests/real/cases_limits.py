# SPDX-License-Identifier: MIT
"""Postfix with less of everything: few recipients, small messages, few extensions."""
import email
from cases_delivery import SENDER, arrives, delivered, message, same


def few_recipients(world):
    """452 after two: the others follow on the same connection (R74)."""
    people = [f"user-few-{n}@few.example" for n in range(5)]
    raw = message(", ".join(people), b"in parts\r\n", "few")
    run = world.program.send(raw, SENDER, people)
    delivered(run, *people)
    assert len(run.commands("EHLO")) == 1 and len(run.commands("DATA")) == 3, run
    for one in people:
        assert run.result(one)["attempts"] == 1, run
        same(world, one, raw)


def too_large(world):
    """The server says its limit before: no transaction is begun (R62)."""
    recipient = "user-fat@few.example"
    run = world.program.send(message(recipient, b"x" * 70 + b"\r\n" * 4000), SENDER,
                             [recipient])
    result = run.result(recipient)
    assert run.code == 69 and result["status"] == "5.3.4", run
    assert not [one for one in run.commands("MAIL FROM:") if "<>" not in one], run
    assert world.dovecot.count(recipient) == 0, run


def few_extensions(world):
    """Without PIPELINING and everything else: the same bytes arrive."""
    recipient = "user-basic@basic.example"
    run = arrives(world, recipient, message(recipient, b"..\r\n.\r\nslow\r\n", "basic"))
    assert run.commands("MAIL FROM:") == [f"MAIL FROM:<{SENDER}>"], run


def no_8bit(world):
    """For a server without 8BITMIME the part is encoded (RFC 6152 3)."""
    recipient = "user-8-bit@basic.example"
    raw = message(recipient, "Grüße\r\n.\r\n".encode())
    run = world.program.send(raw, SENDER, [recipient])
    delivered(run, recipient)
    mail = world.dovecot.mail(recipient)
    assert mail.isascii() and not run.commands("MAIL FROM:")[0].count("BODY="), run
    text = email.message_from_bytes(mail).get_payload(decode=True)
    assert text == "Grüße\r\n.\r\n".encode(), mail


def no_8bit_signed(world):
    """A message that somebody signed is never changed: it is refused (R64)."""
    recipient = "user-signed@basic.example"
    raw = b"DKIM-Signature: v=1; d=a.example\r\n" + message(recipient, "ß\r\n".encode())
    run = world.program.send(raw, SENDER, [recipient])
    assert run.code == 69 and run.result(recipient)["status"] == "5.6.3", run
    assert world.dovecot.count(recipient) == 0, run


CASES = {"few-recipients": few_recipients, "too-large": too_large,
         "few-extensions": few_extensions, "no-8bitmime": no_8bit,
         "no-8bitmime-signed": no_8bit_signed}
