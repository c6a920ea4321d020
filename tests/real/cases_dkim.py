# SPDX-License-Identifier: MIT
"""Signatures of ours checked by others: python3-dkim, OpenDKIM, Mail::DKIM (bugs 48, 49).
The public keys are what the library says to publish."""
import random
import re
import subprocess
import dkim
from records import ADDRESS, Records

COUNT, SEED = 120, 77
OPENDKIM_GOOD, OPENDKIM_BAD = 0, 70
PERL = """
use Net::DNS::Resolver; use Mail::DKIM::DNS; use Mail::DKIM::ARC::Verifier;
Mail::DKIM::DNS::resolver(Net::DNS::Resolver->new(nameservers => [shift], port => 53));
for my $path (@ARGV) {
  my $v = Mail::DKIM::ARC::Verifier->new();
  open my $file, '<:raw', $path or die; local $/; my $mail = <$file>;
  $v->PRINT($mail); $v->CLOSE; print $v->result, "\\n";
}
"""


def spoiled(world, path):
    """A copy with the last letter of the Subject changed: judges must see it."""
    other = world.work / f"spoiled-{path.name}"
    mail = path.read_bytes()
    other.write_bytes(mail.replace(b"\r\nSubject: ", b"\r\nSubject: z", 1))
    assert other.read_bytes() != mail
    return other


def openssl(*options):
    subprocess.run(["openssl", *map(str, options)], check=True, capture_output=True)


def signed(world):
    """The folder of signed messages and their zone, made once."""
    folder, keys = world.work / "signed", world.work / "keys"
    if not folder.exists():
        folder.mkdir()
        keys.mkdir()
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
                "-out", keys / "rsa.pem")
        openssl("genpkey", "-algorithm", "ED25519", "-out", keys / "ed25519.pem")
        world.run_tool("real_generate", "sign", folder, SEED, COUNT, keys)
        world.run_tool("real_generate", "forward", folder, SEED, COUNT, keys)
    known = {}
    for path in folder.glob("*.zone"):
        known.update(line.split("\t") for line in path.read_text().splitlines())
    assert len(known) == 2, known
    return folder, known


def mails(folder, suffix):
    for number in range(1, COUNT + 1):
        path = folder / f"{number}.{suffix}"
        yield path, path.read_bytes()


def verify(mail, records):
    """Whether each signature is good."""
    count = len(re.findall(rb"^DKIM-Signature:", mail.split(b"\r\n\r\n")[0], re.M | re.I))
    reader = dkim.DKIM(mail)
    try:
        return [reader.verify(index, dnsfunc=records.text) for index in range(count)]
    except dkim.DKIMException:
        return [False]


def python_verifies(world):
    folder, known = signed(world)
    with Records(known) as records:
        for path, mail in mails(folder, "eml"):
            good = verify(mail, records)
            wanted = 2 if int(path.stem) % 3 == 2 else 1
            assert good == [True] * wanted, f"{path}: {good}"


def flipped_fails(world):
    """One bit in the body or in a signed field, in simple form: no signature is good."""
    folder, known = signed(world)
    draw, tried = random.Random(1), 0
    with Records(known) as records:
        for path, mail in mails(folder, "eml"):
            if int(path.stem) // 3 % 4 != 0:  # relaxed forms let some changes pass
                continue
            body = mail.index(b"\r\n\r\n") + 4
            places = [mail.index(b"\r\nFrom:") + 8, mail.index(b"\r\nSubject:") + 11]
            places += [draw.randrange(body, len(mail)) for _ in range(3)] \
                if len(mail) > body + 2 else []
            for place in places:
                bad = bytearray(mail)
                bad[place] ^= 1 << draw.randrange(7)
                good = verify(bytes(bad), records)
                assert not any(good), f"{path}: octet {place} changed, still good"
                tried += 1
    assert tried > 50


def opendkim_verifies(world):
    """It has no option for a name server: a private /etc/resolv.conf."""
    folder, known = signed(world)
    conf = world.work / "resolv.conf"
    conf.write_text(f"nameserver {ADDRESS}\noptions timeout:2 attempts:2\n")
    script = ('mount --bind "$1" /etc/resolv.conf && shift && for mail; do '
              'opendkim-testmsg -C < "$mail" >/dev/null; echo $?; done')
    with Records(known):
        paths = [path for path, _ in mails(folder, "eml")]
        paths.append(spoiled(world, paths[0]))
        done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", conf, *paths],
                              capture_output=True, text=True, timeout=120)
    codes = [int(one) for one in done.stdout.split()]
    assert len(codes) == COUNT + 1, f"{done.stdout}{done.stderr}"
    assert codes.pop() == OPENDKIM_BAD, "a changed message passed"
    bad = [f"{path}: {code}" for path, code in zip(paths, codes) if code != OPENDKIM_GOOD]
    assert not bad, "\n".join(bad)


def arc_python(world):
    folder, known = signed(world)
    with Records(known) as records:
        for path, mail in mails(folder, "arc"):
            result, sets, why = dkim.arc_verify(mail, dnsfunc=records.text)
            assert result == dkim.CV_Pass, f"{path}: {result} {why}"
            assert len(sets) == 1 + int(path.stem) % 3, f"{path}: {len(sets)} sets"


def arc_perl(world):
    folder, known = signed(world)
    paths = [path for path, _ in mails(folder, "arc")]
    paths.append(spoiled(world, paths[0]))
    with Records(known):
        done = subprocess.run(["perl", "-e", PERL, ADDRESS, *paths], capture_output=True,
                              text=True, timeout=180)
    results = done.stdout.split()
    assert results.pop() == "fail", "a changed message passed"
    assert results == ["pass"] * COUNT, f"{done.stderr}{list(zip(paths, results))}"


CASES = {"dkim-python": python_verifies, "dkim-flipped": flipped_fails,
         "dkim-opendkim": opendkim_verifies, "arc-python": arc_python,
         "arc-perl": arc_perl}
