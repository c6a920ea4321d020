# SPDX-License-Identifier: MIT
"""Refusals, delays and what the sender hears of them."""
import email
import email.policy
import signal
from cases_delivery import SENDER, arrives, delivered, message, same


def report(world, sender):
    """The bounce in the sender's mailbox, as Python's parser sees it (RFC 3464)."""
    mail = email.message_from_bytes(world.dovecot.mail(sender),
                                    policy=email.policy.default)
    assert mail.get_content_type() == "multipart/report", mail.as_string()
    assert mail["Return-Path"] == "<>" and mail["To"] == sender, mail.as_string()
    assert mail.get_param("report-type") == "delivery-status", mail.as_string()
    text, status, original = mail.get_payload()
    assert text.get_content_type() == "text/plain", mail.as_string()
    assert status.get_content_type() == "message/delivery-status", mail.as_string()
    assert not any(part.defects for part in mail.walk()), mail.as_string()
    return mail, status.get_payload(), original


def about(groups, recipient):
    """The fields that the report has for this recipient."""
    found = [one for one in groups[1:]
             if one["Final-Recipient"].replace(" ", "") == f"rfc822;{recipient}"]
    assert len(found) == 1, [one.as_string() for one in groups]
    return found[0]


def unknown_user(world):
    """One of two is unknown: the other gets it, the sender a report about the one."""
    sender, known = "user-bounced@sender.example", "user-known@plain.example"
    unknown = "unknown@plain.example"
    raw = message(f"{known}, {unknown}", b"anybody there?\r\n", "unknown")
    run = world.program.send(raw, sender, [known, unknown])
    result = run.result(unknown)
    assert run.code == 69 and result["outcome"] != "delivered", run
    assert result["code"] == 550 and result["status"] == "5.1.1", run
    assert result["stage"] == "rcpt" and result["attempts"] == 1, run
    assert run.result(known)["outcome"] == "delivered", run
    same(world, known, raw)
    mail, groups, original = report(world, sender)
    assert "Reporting-MTA" in groups[0] and "From" in mail, mail.as_string()
    fields = about(groups, unknown)
    assert fields["Action"] == "failed", fields.as_string()
    assert fields["Status"] == "5.1.1", fields.as_string()
    assert "550" in fields["Diagnostic-Code"], fields.as_string()
    assert "mx.example" in fields["Remote-MTA"], fields.as_string()
    assert "<unknown@sender.example>" in original.as_string(), original.as_string()


def given_up(world):
    """The only mail exchanger is dead: tried again, given up, and reported (R99)."""
    sender, recipient = "user-given-up@sender.example", "user@gone.example"
    run = world.program.send(message(recipient, b"gone\r\n", "gone"), sender, [recipient],
                             "--retry-after", "1", "--give-up-after", "2")
    result = run.result(recipient)
    assert run.code == 69 and result["outcome"] != "delivered", run
    assert result["status"].startswith("5.4.") and result["attempts"] >= 2, run
    groups = report(world, sender)[1]
    fields = about(groups, recipient)
    assert fields["Action"] == "failed" and fields["Status"] == result["status"], fields


def no_domain(world):
    """No server was spoken to, so the report names none."""
    sender, recipient = "user-no-domain@sender.example", "user@nowhere.example"
    raw = message(recipient, b"where?\r\n", "where")
    run = world.program.send(raw, sender, [recipient])
    assert run.code == 69, run
    fields = about(report(world, sender)[1], recipient)
    assert fields["Action"] == "failed" and fields["Status"] == "5.1.2", fields
    assert "Remote-MTA" not in fields, fields


def double_bounce(world):
    """The report itself is refused: that ends it (R101)."""
    recipient = "unknown-two@plain.example"
    run = world.program.send(message(recipient, b"nobody\r\n", "double"),
                             "unknown-one@sender.example", [recipient])
    mails = run.commands("MAIL FROM:")
    assert run.code == 69 and run.result(recipient)["status"] == "5.1.1", run
    assert len(mails) == 2 and mails[1].startswith("MAIL FROM:<>"), run


def greylisted(world):
    """451 at first, delivered by the retry."""
    recipient = "user-grey@grey.example"
    run = arrives(world, recipient, message(recipient, b"patience\r\n", "grey"),
                  "--retry-after", "1")
    first, last = run.outcomes(recipient)
    assert first["code"] == 451 and first["status"] == "4.7.1" and not first["final"], run
    assert last["attempts"] == 2, run


def half_greylisted(world):
    """Of two, one is put off: the other is not sent again with the retry."""
    now, later = "user-now@plain.example", "user-later@grey.example"
    raw = message(f"{now}, {later}", b"now and later\r\n", "half")
    run = world.program.send(raw, SENDER, [now, later], "--retry-after", "1")
    delivered(run, now, later)
    same(world, now, raw)
    same(world, later, raw)


def interrupted(world):
    """Stopped while it waits for the retry: exit code 75, and nothing was delivered."""
    recipient = "user-interrupted@grey.example"
    path = world.work / "interrupted.eml"
    path.write_bytes(message(recipient, b"too late\r\n", "interrupted"))
    process = world.program.start("send", "--raw", path, "--from", SENDER,
                                  "--to", recipient)
    world.program.until(process, '"fate":"deferred"')
    process.send_signal(signal.SIGTERM)
    run = world.program.finish(process)
    assert run.code == 75, run
    assert run.result(recipient)["outcome"] == "deferred", run
    assert world.dovecot.count(recipient) == 0, run


def restart(world):
    """All of Postfix goes away; after it is back, the retry delivers."""
    recipient = "user-restart@plain.example"
    raw = message(recipient, b"still there\r\n", "restart")
    path = world.work / "restart.eml"
    path.write_bytes(raw)
    world.postfix.stop()
    try:
        process = world.program.start("send", "--raw", path, "--from",
                                      SENDER, "--to", recipient,
                                      "--retry-after", "1")
        world.program.until(process, '"fate":"deferred"')
    finally:
        world.postfix.start()
    run = world.program.finish(process)
    delivered(run, recipient)
    same(world, recipient, raw)


CASES = {"unknown-user": unknown_user, "greylisted": greylisted, "given-up": given_up,
         "bounce-no-domain": no_domain, "double-bounce": double_bounce,
         "half-greylisted": half_greylisted, "interrupted": interrupted,
         "restart": restart}
