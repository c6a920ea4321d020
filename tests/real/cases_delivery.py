# SPDX-License-Identifier: MIT
"""What arrives is what was sealed."""
import email
import email.policy
from dovecot import below_trace

SENDER = "user@sender.example"
TAIL_OF_HEADER = (b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                  b"Content-Transfer-Encoding: 8bit\r\n\r\n")


def message(to, body, name="test"):
    """A message that lacks nothing, so that nothing has a reason to add to it."""
    return (f"From: Sender <{SENDER}>\r\nTo: {to}\r\nSubject: {name}\r\n"
            f"Date: Wed, 1 Jan 2020 10:00:00 +0000\r\n"
            f"Message-ID: <{name}@sender.example>\r\n").encode() + TAIL_OF_HEADER + body


def delivered(run, *recipients):
    """The result of each; one final outcome each, and nothing failed."""
    assert run.code == 0, run
    for one in recipients:
        result = run.result(one)
        assert result["outcome"] == "delivered" and result["code"] == 250, run
        assert sum(each["final"] for each in run.outcomes(one)) == 1, run
    return [run.result(one) for one in recipients]


def arrives(world, recipient, raw, *options):
    """Sends raw; it is in the mailbox once, byte by byte. The run."""
    run = world.program.send(raw, SENDER, [recipient], *options)
    delivered(run, recipient)
    same(world, recipient, raw)
    return run


def same(world, recipient, raw, number=1):
    mail = world.dovecot.mail(recipient, number)
    assert mail.startswith(b"Return-Path: <"), mail
    got = below_trace(mail)
    assert got == raw, f"{recipient}: sealed {raw!r}, in the mailbox {got!r}"


BODIES = {
    "dots": b".\r\n..\r\n...\r\n.a\r\na.\r\n.\r\n",
    "lone-dot": b".\r\n",
    "only-dots": b"".join(b"." * n + b"\r\n" for n in range(1, 60)),
    "empty": b"",
    "empty-lines": b"\r\n\r\n\r\n",
    "long-lines": b"".join(bytes([97 + n]) * 998 + b"\r\n" for n in range(4)),
    "long-dots": b"." * 998 + b"\r\n." + b"x" * 997 + b"\r\n",
    "8-bit": "Grüße, 日本語\r\n".encode() + bytes(range(0xA0, 0x100)) + b"\r\n",
    "controls": b"\x01\x02\x0b\x0c\x1b\x7f\t \r\nFrom the start\r\n>From\r\n \r\n",
    "large": b"".join(b".%06d large\r\n" % n for n in range(60000)),
}


def body_case(name, body):
    def case(world):
        recipient = f"user-{name}@plain.example"
        raw = message(recipient, body, name)
        run = arrives(world, recipient, raw)
        eight = " BODY=8BITMIME" if any(octet > 127 for octet in body) else ""
        mail = [f"MAIL FROM:<{SENDER}> SIZE={len(raw)}{eight}"]
        assert run.commands("MAIL FROM:") == mail, run
    return f"body-{name}", case


def several_recipients(world):
    """Three recipients of one domain share one transaction."""
    people = [f"user-many-{n}@plain.example" for n in range(3)]
    raw = message(", ".join(people), b"one for all\r\n", "several")
    run = world.program.send(raw, SENDER, people)
    delivered(run, *people)
    assert len(run.commands("RCPT TO:")) == 3 and len(run.commands("DATA")) == 1, run
    for one in people:
        same(world, one, raw)


def two_domains(world):
    """The same mail exchanger for both: each gets it, and once."""
    people = ["user-both@plain.example", "user-both@two.example"]
    raw = message(", ".join(people), b"two domains\r\n", "both")
    run = world.program.send(raw, SENDER, people)
    delivered(run, *people)
    for one in people:
        same(world, one, raw)


def header_recipients(world):
    """-t: from the header, and the Bcc field does not travel."""
    to, bcc = "user-header@plain.example", "user-hidden@plain.example"
    plain = message(to, b"who else?\r\n", "header")
    raw = plain.replace(b"Subject:", f"Bcc: {bcc}\r\nSubject:".encode())
    run = world.program.send(raw, SENDER, [], "-t")
    delivered(run, to, bcc)
    same(world, to, plain)
    same(world, bcc, plain)


def built(world):
    """--subject and --body: every field and the text, as another's reader sees them."""
    to, subject = "user-built@plain.example", "Grüße aus Köln"
    body = "Hallo,\n.\näöü\n"
    run = world.program.run("send", "--from", SENDER, "--to", to, "--subject", subject,
                            "--body", body)
    delivered(run, to)
    sealed = below_trace(world.dovecot.mail(to))
    assert all(octet < 128 for octet in sealed), sealed
    mail = email.message_from_bytes(sealed, policy=email.policy.default)
    assert not mail.defects and mail["From"] == SENDER and mail["To"] == to, sealed
    assert mail["Subject"] == subject and mail["Message-ID"], sealed
    assert mail["Date"].datetime is not None and mail["MIME-Version"] == "1.0", sealed
    assert mail.get_content() == body.replace("\n", "\r\n"), sealed


def unix_lines(world):
    """A message with lines that end in LF alone is sent with CRLF."""
    recipient = "user-unix@plain.example"
    raw = message(recipient, b".\r\nunix\r\n", "unix")
    run = world.program.send(raw.replace(b"\r\n", b"\n"), SENDER, [recipient])
    delivered(run, recipient)
    same(world, recipient, raw)


def relay(world):
    """--relay: one server for everything, without a look at the MX records."""
    recipient = "user-relay@many.example"
    where = f"127.0.0.2:{world.postfix.port}"
    run = arrives(world, recipient, message(recipient, b"by relay\r\n", "relay"),
                  "--relay", where)
    assert run.result(recipient)["address"] == "127.0.0.2", run


CASES = dict(body_case(*one) for one in BODIES.items())
CASES.update({"several-recipients": several_recipients, "two-domains": two_domains,
              "header-recipients": header_recipients, "built": built,
              "unix-lines": unix_lines, "relay": relay})
