# SPDX-License-Identifier: MIT
"""Built messages as foreign readers see them: structure, names, text, octets (bug 45)."""
import email
import email.header
import email.policy
import email.utils
import imaplib
import re
import subprocess
from bodystructure import describe
from described import Described, Part, differences, digest, load

COUNT, SEED = 320, 20260101
USER = "judge@plain.example"


def shown(value):
    """Text of a field with its encoded words, folded or not."""
    unfolded = re.sub(r"\r?\n([ \t])", r"\1", str(value))
    return str(email.header.make_header(email.header.decode_header(unfolded)))


def generated(world):
    """The folder of the messages, made once."""
    folder = world.work / "generated"
    if not folder.exists():
        folder.mkdir()
        world.run_tool("real_generate", "messages", folder, SEED, COUNT)
    return folder


def python_filename(part):
    """As RFC 6266 4.3 says: filename* before filename. get_filename() does not."""
    fields = part.get_params([], "content-disposition")
    values = [value for name, value in fields if name.lower() == "filename"]
    extended = [email.utils.collapse_rfc2231_value(one) for one in values
                if isinstance(one, tuple)]
    return (extended or values or [""])[0]


def python_part(part, depth):
    kind = part.get_content_type()
    content = None
    if not part.is_multipart():
        text = kind.startswith("text/") and part.get_content_disposition() != "attachment"
        content = digest(part.get_payload(decode=True), text)
    yield Part(depth, kind, part.get_content_disposition() or "", python_filename(part),
               (part["content-id"] or "").strip("<>"), content)
    if part.is_multipart():
        for child in part.get_payload():
            yield from python_part(child, depth + 1)


def python_people(message):
    for kind in ("from", "to", "cc"):
        for name, address in email.utils.getaddresses(message.get_all(kind, [])):
            yield kind, shown(name), address


def python_reads(path):
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.compat32)
    faults = [one for part in message.walk() for one in part.defects]
    assert not faults, f"{path}: {faults}"
    return Described(shown(message["subject"]), sorted(python_people(message)),
                     list(python_part(message, 0)))


def judge(world, who, read):
    """Every message as the generator made it and as one reader finds it."""
    folder, problems = generated(world), []
    for number in range(1, COUNT + 1):
        wanted, found = load(folder, number), read(folder, number)
        if who == "Dovecot":  # whose ENVELOPE makes one space of several
            wanted.subject, found.subject = (" ".join(one.subject.split())
                                             for one in (wanted, found))
        problems += differences(who, number, wanted, found)
    assert not problems, f"{len(problems)} differences\n" + "\n".join(problems[:20])


def python_agrees(world):
    judge(world, "Python", lambda folder, number: python_reads(folder / f"{number}.eml"))


def gmime_agrees(world):
    folder = generated(world)
    out = world.work / "gmime"
    out.mkdir()
    subprocess.run([world.gmime(), "messages", folder, out, str(COUNT)], check=True,
                   timeout=120)
    judge(world, "GMime", lambda _, number: load(out, number))


def wire_is_clean(world):
    """Every octet that leaves: CRLF only, lines within 998, 7 bits, no boundary twice."""
    for path in generated(world).glob("*.eml"):
        octets = path.read_bytes()
        assert octets.isascii() and b"\0" not in octets, f"{path}: not in 7 bits"
        bare = octets.replace(b"\r\n", b"")
        assert b"\r" not in bare and b"\n" not in bare, f"{path}: bare CR or LF"
        assert octets.endswith(b"\r\n"), f"{path}: no line end at the end"
        header = octets.split(b"\r\n\r\n")[0]
        longest = max(len(line) for line in octets.split(b"\r\n"))
        assert longest <= 998, f"{path}: a line of {longest}"
        assert max(len(line) for line in header.split(b"\r\n")) <= 998, path
        marks = re.findall(rb'boundary="([^"]+)"', octets)
        assert len(set(marks)) == len(marks), f"{path}: a boundary twice"


def same_octets_again(world):
    """The same random numbers give the same messages."""
    folder, again = generated(world), world.work / "again"
    again.mkdir()
    world.run_tool("real_generate", "messages", again, SEED, 20)
    for number in range(1, 21):
        name = f"{number}.eml"
        assert (folder / name).read_bytes() == (again / name).read_bytes(), name


def dovecot_agrees(world):
    """Put into a mailbox; Dovecot tells structure and decodes leaves (RFC 3516)."""
    folder = generated(world)
    link = imaplib.IMAP4("127.0.0.1", world.dovecot.imap, timeout=30)
    link.login(USER, "secret")
    for number in range(1, COUNT + 1):
        octets = (folder / f"{number}.eml").read_bytes()
        answer = link.append("INBOX", None, None, octets)
        assert answer[0] == "OK", answer
    link.select("INBOX")
    judge(world, "Dovecot", lambda _, number: describe(link, number, shown))
    link.logout()


CASES = {"mime-wire": wire_is_clean, "mime-again": same_octets_again,
         "mime-python": python_agrees, "mime-gmime": gmime_agrees,
         "mime-dovecot": dovecot_agrees}
