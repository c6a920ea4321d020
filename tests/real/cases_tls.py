# SPDX-License-Identifier: MIT
"""STARTTLS with Postfix: certificates of a private authority."""
from cases_delivery import BODIES, SENDER, arrives, message

SOON = ("--retry-after", "1", "--give-up-after", "1")


def refused(world, recipient, reason, *options):
    """Given up for this reason; not a byte of it reached the mailbox."""
    raw = message(recipient, b"secret\r\n", "refused")
    run = world.program.send(raw, SENDER, [recipient], *SOON, *options)
    reasons = {one["reason"] for one in run.outcomes(recipient)}
    assert run.code == 69 and run.result(recipient)["outcome"] != "delivered", run
    assert reason in reasons, f"reasons {reasons}\n{run}"
    mails = [one for one in run.commands("MAIL FROM:") if "<>" not in one]
    assert not mails, run
    assert world.dovecot.count(recipient) == 0, run
    return run


def verified(world):
    recipient = "user-verified@tls.example"
    raw = message(recipient, b"over TLS\r\n", "verified")
    run = arrives(world, recipient, raw, "--tls", "verify", "--ca-file",
                  world.certificates.ca)
    last = run.outcomes(recipient)[-1]
    assert run.result(recipient)["tls_version"].startswith("TLS1."), run
    assert last["tls"]["level"] == "verify" and last["tls"]["verified"], run
    mail = world.dovecot.mail(recipient)
    assert b"with ESMTPS" in mail and b"using TLSv1." in mail, mail


def large(world):
    """Many records each way, as one message."""
    recipient = "user-large@tls.example"
    arrives(world, recipient, message(recipient, BODIES["large"], "large-tls"), "--tls",
            "verify", "--ca-file", world.certificates.ca)


def wrong_name(world):
    refused(world, "user-wrong@wrong.example", "tls-certificate", "--tls", "verify",
            "--ca-file", world.certificates.ca)


def unknown_authority(world):
    """The system's authorities do not know ours."""
    refused(world, "user-stranger@tls.example", "tls-certificate", "--tls", "verify")


def not_offered(world):
    refused(world, "user-clear@plain.example", "tls-not-offered", "--tls", "encrypt")


def opportunistic(world):
    """may: a certificate of the wrong name still encrypts, and is not called verified."""
    recipient = "user-may@wrong.example"
    run = arrives(world, recipient, message(recipient, b"as it goes\r\n", "may"))
    last = run.outcomes(recipient)[-1]
    assert last["tls"]["version"] and not last["tls"]["verified"], run
    assert b"with ESMTPS" in world.dovecot.mail(recipient), run


def none(world):
    """none: STARTTLS is offered and not taken."""
    recipient = "user-none@tls.example"
    run = arrives(world, recipient, message(recipient, b"in clear\r\n", "none"),
                  "--tls", "none")
    assert not run.commands("STARTTLS"), run
    assert not run.result(recipient)["tls_version"], run


CASES = {"tls-verified": verified, "tls-large": large, "tls-wrong-name": wrong_name,
         "tls-unknown-authority": unknown_authority, "tls-not-offered": not_offered,
         "tls-opportunistic": opportunistic, "tls-none": none}
