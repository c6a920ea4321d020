# SPDX-License-Identifier: MIT
"""Cases of the programs about messages: invoice, bounce_reader, newsletter."""
import email
import subprocess
from lab import PATIENCE, ROOT, equal

PNG, PDF = b"\x89PNG\r\n\x1a\n" + bytes(100), b"%PDF-1.7\n" + bytes(range(256)) * 300


def run(network, program, *options, octets=b""):
    done = subprocess.run([network.programs / program, *map(str, options)], input=octets,
                          capture_output=True, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout, done.stderr


def files(network):
    logo, pdf = network.place / "logo.png", network.place / "invoice.pdf"
    logo.write_bytes(PNG)
    pdf.write_bytes(PDF)
    return logo, pdf


def case_invoice_is_whole(network):
    code, out, said = run(network, "invoice", "a@a.example", "b@b.example",
                          *files(network))
    equal((code, said), (0, b""), "invoice")
    parts = {part.get_content_type(): part
             for part in email.message_from_bytes(out).walk()}
    equal(parts["application/pdf"].get_payload(decode=True), PDF, "the PDF")
    equal(parts["application/pdf"].get_filename(), "invoice.pdf", "its name")
    equal(parts["image/png"].get_payload(decode=True), PNG, "the logo")
    html = parts["text/html"].get_payload(decode=True).decode()
    assert f"cid:{parts['image/png']['Content-ID'][1:-1]}" in html, html


def case_invoice_is_signed(network):
    key = network.place / "key.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ED25519", "-out", key],
                   check=True, capture_output=True)
    code, out, said = run(network, "invoice", "a@a.example", "b@b.example",
                          *files(network), key, "a.example", "s1")
    equal(code, 0, said)
    assert out.startswith(b"DKIM-Signature: v=1; a=ed25519-sha256;"), out[:200]
    assert b"s1._domainkey.a.example" in said, said


def case_invoice_without_its_file(network):
    logo, pdf = files(network)
    pdf.unlink()
    code, out, said = run(network, "invoice", "a@a.example", "b@b.example", logo, pdf)
    equal((code, out), (1, b""), "invoice")
    assert b"invoice.pdf" in said, said


def case_bounce_reader_reads_samples(network):
    samples = sorted((ROOT / "tests/message/samples").glob("*.eml"))
    assert len(samples) >= 40, f"{len(samples)} samples"
    codes = set()
    for path in samples:
        code, out, said = run(network, "bounce_reader", octets=path.read_bytes())
        assert code in (0, 1) and out and not said, f"{path.name}: {code} {said}"
        equal(code == 0, b" REMOVE\n" in out, path.name)
        codes.add(code)
    equal(codes, {0, 1}, "verdicts of the samples")


def case_bounce_reader_finds_verp(network):
    bounce = (b"From: <MAILER-DAEMON@b.example>\r\n"
              b"To: bounces+bob=b.example@a.example\r\n"
              b"Subject: Undelivered Mail\r\nContent-Type: multipart/report; "
              b"report-type=delivery-status; boundary=x\r\n\r\n"
              b"--x\r\n\r\nGone.\r\n--x\r\n"
              b"Content-Type: message/delivery-status\r\n\r\n"
              b"Reporting-MTA: dns; mx.b.example\r\n\r\n"
              b"Final-Recipient: rfc822; robert@b.example\r\n"
              b"Action: failed\r\nStatus: 5.1.1\r\n\r\n--x--\r\n")
    code, out, _ = run(network, "bounce_reader", "bounces@a.example", octets=bounce)
    equal(code, 0, out)
    assert b"sent to bob@b.example\n" in out, out
    assert b"failed robert@b.example status=5.1.1" in out, out


def case_newsletter_names_the_fault(network):
    code, out, said = run(network, "newsletter", "a@a.example", "b@a.example",
                          "https://a.example/u", octets=b"x@y.example z@y.example\n")
    equal((code, out), (64, b""), "newsletter")
    assert b"at octet 12" in said, said
