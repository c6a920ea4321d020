# SPDX-License-Identifier: MIT
"""Cases of the mailroute program, as a person meets it."""
import json
import signal
from lab import PATIENCE, Terminal, equal, match

FROM = "me@origin.test"
BASE = ["send", "--from", FROM, "--helo", "origin.test"]
RAW = """From: Me <me@origin.test>\r
To: alice@swift.test,\r
 "Greta, G." <tess@secret.test>\r
Bcc: dora@backup.test\r
Subject: raw\r
\r
.a line with a dot\r
"""


def mailroute(network, *args, **more):
    return network.run("mailroute", *args, **more)


def send(network, *args, **more):
    return mailroute(network, *BASE, *network.way, *args, **more)


def case_mailroute_helps(network):
    status, out, err = mailroute(network, "--help")
    equal((status, err), (0, ""))
    for word in ("send", "explain", "--from", "--resolver", "--json", "Exit status"):
        assert word in out, f"no {word} in the help"
    assert max(len(line) for line in out.splitlines()) <= 90, "a long line of help"
    status, out, _ = mailroute(network, "--version")
    equal(status, 0)
    match(r"^mailroute \d+\.\d+\.\d+$", out)
    status, out, err = mailroute(network)
    equal((status, out), (64, ""))
    match("mailroute send --from", err)


TO = ["--to", "alice@swift.test"]
MISTAKES = (
    (["frobnicate"], 64, 'unknown command "frobnicate"'),
    (["send", *TO, "-b", "x"], 64, "--from ADDRESS is missing"),
    (["send", "-f", FROM, "-b", "x"], 64, "no recipient"),
    (["send", "-f", FROM, "alice@swift.test"], 64, "recipients go with --to"),
    (["send", "-f", "me", *TO, "-b", "x"], 65, '"me" is no address'),
    (["send", "-f", FROM, "--to", "a b@c.d", "-b", "x"], 65, '"a b@c.d" is no addr'),
    (["send", "-f", FROM, *TO, "-s", "a\nb", "-b", "x"], 65, "."),
    (["send", "--nonsense"], 64, "nonsense"),
    (["send", "--to"], 64, "requires an argument"),
    ([*BASE, *TO, "--body-file", "/nonexistent"], 66, "/nonexistent: No such file"),
    ([*BASE, *TO, "--body-file", "/tmp"], 66, "/tmp: Is a directory"),
    ([*BASE, *TO, "-b", "x", "--body-file", "y"], 64, "exclude each other"),
    ([*BASE, *TO, "-b", "x", "--resolver", "nonsense"], 64, "--resolver nonsense: ."),
    ([*BASE, *TO, "-b", "x", "--resolver", "127.0.0.1:0"], 64, "ADDR:PORT"),
    ([*BASE, *TO, "-b", "x", "--resolver", "[::1]x"], 64, "ADDR:PORT"),
    ([*BASE, *TO, "-b", "x", "--relay", "a b"], 64, "--relay: "),
    ([*BASE, *TO, "-b", "x", "--port", "0"], 64, "--port 0: .*65535"),
    ([*BASE, *TO, "-b", "x", "--tls", "maybe"], 64, "none, may, encrypt or verify"),
    ([*BASE, *TO, "-b", "x", "--source", "here"], 64, "an IP address is needed"),
    ([*BASE, *TO, "-b", "x", "--helo", "my host"], 64, "a host name is needed"),
    ([*BASE, *TO, "-b", "x", "--ca-file", "/nonexistent"], 66, "No such file"),
    ([*BASE, *TO, "-b", "x", "--retry-after", "-1"], 64, "positive number of seconds"),
    ([*BASE, *TO, "-b", "x", "--retry-after", "nan"], 64, "positive number"),
    ([*BASE, *TO, "-b", "x", "--timeout-scale", "0"], 64, "0.01 to 100"),
    (["send", "-t", *TO], 64, "-t needs --raw"),
    (["send", "--raw", "/dev/null", "-t"], 65, "^mailroute: /dev/null: "),
    (["send", "--raw", "x", "-s", "y", *TO], 64, "--raw is the whole message"),
    (["explain"], 64, "explain needs an address"),
)


def case_mailroute_explains_mistakes(network):
    for args, status, pattern in MISTAKES:
        got, out, err = mailroute(network, *args)
        equal((got, out), (status, ""), f"mailroute {args}: {err}")
        match(pattern, err)
        assert "64" not in err and len(err) < 400, f"too much said: {err!r}"


def case_mailroute_explain(network):
    status, out, _ = mailroute(network, "explain", *network.way, "dora@backup.test",
                               "alice@swift.test")
    equal(status, 0)
    match(r"^dora@backup.test: deliver$", out)
    match(rf"^  1\. mx1\.backup\.test \[127\.0\.0\.13\]:{network.port}", out)
    match(rf"^  2\. mx2\.backup\.test \[127\.0\.0\.14\]:{network.port}", out)
    match(r"\n\n(alice|dora)@", out)
    equal(network.lines("stored"), [])
    equal(mailroute(network, "explain", *network.way, "no address")[0], 68)
    equal(mailroute(network, "explain", *network.way, "a@gone.swift.test")[0], 68)
    equal(mailroute(network, "explain", *network.way, "a@elsewhere.test")[0], 75)


def case_mailroute_explain_json(network):
    status, out, _ = mailroute(network, "explain", "--json", *network.way,
                               "dora@backup.test", "no address")
    equal(status, 68)
    plans = {plan["recipient"]: plan for plan in map(json.loads, out.splitlines())}
    equal(sorted(plans), ["dora@backup.test", "no address"])
    for plan in plans.values():
        equal(plan["schema"], 1)


def case_mailroute_sends(network):
    status, out, err = send(network, *TO, "--cc", "tess@secret.test", "--subject",
                            "Grüße", input="Zeile eins\n.\nEnde\n")
    equal((status, err), (0, ""))
    match(r"^alice@swift.test: delivered \(dot\) mx.swift.test .* in clear: 250", out)
    match(r"^tess@secret.test: delivered .* TLS1\.\d: 250", out)
    mail = network.stored("alice@swift.test")[0]
    match(r"^Cc: tess@secret.test", mail)
    match(r"^Subject: =\?utf-8\?", mail.lower().replace("subject", "Subject"))
    match(r"^\.$", mail)


def case_mailroute_bounces(network):
    status, out, _ = send(network, "--to", "nobody@swift.test", "-b", "x")
    equal(status, 69)
    match(r"^nobody@swift.test: failed \(rcpt\) .* 550 5.1.1 There is nobody", out)
    match(r"^bounce to me@origin.test: delivered", out)
    match(r"^Final-Recipient: rfc822; nobody@swift.test", network.stored(FROM)[0])


def case_mailroute_json_by_line(network):
    status, out, err = send(network, *TO, "--to", "nobody@swift.test", "--json", "-b",
                            'quotes " and \\', "--verbose")
    equal(status, 69, err)
    events = [json.loads(line) for line in out.splitlines()]
    for event in events:
        equal(event["schema"], 1)
        assert isinstance(event["event"], str), f"no name: {event}"
    results = {event["recipient"]: event for event in events
               if event["event"] == "result"}
    equal({who: one["outcome"] for who, one in results.items()},
          {"alice@swift.test": "delivered", "nobody@swift.test": "failed"})
    equal(results["nobody@swift.test"]["code"], 550)
    names = {event["event"] for event in events}
    for name in ("accepted", "outcome", "trace", "message-done"):
        assert name in names, f"no {name} in {sorted(names)}"


def case_mailroute_raw_with_header_recipients(network):
    status, out, err = mailroute(network, "send", "--raw", "-", "-t", "--helo",
                                 "origin.test", *network.way, input=RAW)
    equal(status, 0, out + err)
    for who in ("alice@swift.test", "tess@secret.test", "dora@backup.test"):
        mail, = network.stored(who)
        assert "Bcc" not in mail, "the mail names hidden recipients"
        match(r"^Message-ID: <", mail)
        match(r"^\.a line with a dot", mail)


def case_mailroute_relays(network):
    status, out, _ = send(network, "--to", "anybody@any.where.example", "-b", "x",
                          "--relay", f"127.0.0.11:{network.port}")
    equal(status, 0, out)
    equal(len(network.stored("anybody@any.where.example")), 1)


def case_mailroute_transcript_is_redacted(network):
    status, _, err = send(network, *TO, "-b", "a secret line", "-v")
    equal(status, 0)
    match(r"^  mx\.swift\.test -> RCPT TO:<alice@swift\.test>$", err)
    match(r"^  mx\.swift\.test -- \[\d+ octets of message\]$", err)
    assert "a secret line" not in err, "the message stands in the transcript"


def case_mailroute_insists_on_tls(network):
    status, out, _ = send(network, *TO, "-b", "x", "--tls", "encrypt",
                          "--retry-after", "1", "--give-up-after", "1")
    equal(status, 69)
    match(r"^alice@swift.test: expired .*", out)
    equal(network.stored("alice@swift.test"), [])


# --- terminals and signals ----------------------------------------------------------


def waiting(network, *args):
    """One recipient is delivered, one waits for a long time."""
    return [*BASE, *network.way, *TO, "--to", "greta@patient.test", "-b", "x",
            "--retry-after", "100", *args]


def case_mailroute_shows_progress_and_stops(network):
    terminal = Terminal(network, "mailroute", *waiting(network))
    terminal.read_until(r"1 of 2 recipients done, \d+ s; Ctrl-C stops")
    terminal.type("\x03")
    equal(terminal.end(), 75)
    match(r"stopping; what is being sent is finished first", terminal.text)
    match(r"greta@patient.test: not delivered: stopped", terminal.text)
    equal(len(network.stored("alice@swift.test")), 1)


def case_mailroute_reads_a_text_from_the_terminal(network):
    terminal = Terminal(network, "mailroute", *BASE, *network.way, *TO)
    terminal.read_until("Type the text of the mail")
    terminal.type("typed by hand\n\x04")
    equal(terminal.end(), 0)
    match("^typed by hand$", network.stored("alice@swift.test")[0])


def case_mailroute_stops_on_a_signal(network):
    with network.start("mailroute", *waiting(network)) as program:
        program.stdout.readline()
        program.stdout.readline()
        program.send_signal(signal.SIGTERM)
        rest = program.stdout.read()
        equal(program.wait(PATIENCE), 75)
    match(r"^mailroute: stopping", rest)
    assert "\r" not in rest and "recipients done" not in rest, "progress in a pipe"
