# SPDX-License-Identifier: MIT
"""One mr_session, driven from Python by ctypes and asyncio: the interface can be bound.

usage: test_session.py PATH_OF_SHARED_LIBRARY
"""
import asyncio
import ctypes
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

import mailroute as mr

INCLUDE = pathlib.Path(__file__).resolve().parents[2] / "include"
UMBRELLA = '#include <mailroute/mailroute.h>\n'
GOOD, BAD = "good@example.org", "bad@example.org"
FROM = "sender@example.net"


# What the headers say

def compiler():
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def run_c(body):
    """The lines that a C program over the headers prints."""
    text = UMBRELLA + "#include <stdio.h>\nint main(void) {\n" + body + "return 0;\n}\n"
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder, "print.c"), pathlib.Path(folder, "print")
        source.write_text(text)
        subprocess.run([compiler(), "-std=c11", f"-I{INCLUDE}", "-o", program, source],
                       check=True)
        output = subprocess.run([program], check=True, capture_output=True, text=True)
    return output.stdout.splitlines()


def declared():
    """The headers without comments, system includes and attributes."""
    output = subprocess.run(
        [compiler(), "-E", "-P", "-DMR_API=", "-DMR_CDEF", f"-I{INCLUDE}", "-xc", "-"],
        input=UMBRELLA, check=True, capture_output=True, text=True)
    return re.sub(r"\s+", " ", output.stdout)


def test_layout():
    """Each field is where the C compiler has it, and has its size."""
    body, expected = "", []
    for kind in mr.STRUCTURES:
        name = kind.c_name
        body += f'printf("{name} %zu\\n", sizeof({name}));\n'
        expected.append(f"{name} {ctypes.sizeof(kind)}")
        for field, _ in kind._fields_:
            place = getattr(kind, field)
            body += (f'printf("{name}.{field} %zu %zu\\n", '
                     f"offsetof({name}, {field}), sizeof((({name} *)0)->{field}));\n")
            expected.append(f"{name}.{field} {place.offset} {place.size}")
    assert run_c(body) == expected


def test_fields():
    """No structure of the headers has a field that the binding lacks."""
    text = declared()
    for kind in mr.STRUCTURES:
        inside = re.search(r"struct %s \{([^}]*)\}" % kind.c_name, text).group(1)
        names = [re.search(r"\(\*(\w+)\)|(\w+)$", field.strip())
                 for field in inside.split(";") if field.strip()]
        assert [found.group(1) or found.group(2) for found in names] == [
            field for field, _ in kind._fields_], kind.c_name


def test_constants():
    body = "".join(f'printf("{name} %d\\n", (int){name});\n' for name in mr.CONSTANTS)
    assert run_c(body) == [f"{name} {value}" for name, value in mr.CONSTANTS.items()]


def c_class(text):
    """What a C type is to ctypes."""
    if "*" in text:
        return "pointer"
    words = [w for w in text.split() if w not in ("const", "struct")]
    return {"uint64_t": ctypes.c_uint64, "int64_t": ctypes.c_int64,
            "size_t": ctypes.c_size_t, "int": ctypes.c_int, "unsigned": ctypes.c_uint,
            "void": None}[words[0]]


def python_class(kind):
    is_pointer = kind in (ctypes.c_char_p, ctypes.c_void_p) or hasattr(kind, "contents")
    return "pointer" if is_pointer else kind


def test_prototypes():
    """Results and parameters, one by one, as the headers declare them."""
    text = declared()
    for name, (result, arguments) in mr.PROTOTYPES.items():
        found = re.search(r"([\w ]+[ *]+)\b%s\(([^)]*)\);" % name, text)
        assert found, name
        given = [c_class(part) for part in found.group(2).split(",")]
        assert given == [python_class(kind) for kind in arguments], name
        assert c_class(found.group(1)) == python_class(result), name


# A small SMTP server

class Server:
    """Says what a test needs, keeps what it heard."""

    def __init__(self, greets=True, drops_after_dot=False, pause=0.0):
        self.greets, self.drops_after_dot, self.pause = greets, drops_after_dot, pause
        self.commands, self.mails = [], []
        self.together = 0  # most commands that came in one piece
        self.writers = set()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, limit=65536)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for writer in list(self.writers):
            writer.close()
        await self.server.wait_closed()

    async def serve(self, reader, writer):
        self.writers.add(writer)
        try:
            await self.talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    async def talk(self, reader, writer):
        if not self.greets:
            await reader.read()
            return
        writer.write(b"220 mx.example.org ESMTP\r\n")
        pending = b""
        while not writer.is_closing():
            while b"\r\n" not in pending:
                piece = await reader.read(4096)
                if not piece:
                    return
                pending += piece
                self.together = max(self.together, pending.count(b"\r\n"))
            line, pending = pending.split(b"\r\n", 1)
            self.commands.append(line.decode())
            writer.write(self.reply(line.decode()))
            if line == b"DATA" and not await self.data(reader, writer):
                return
            if line == b"QUIT":
                return

    def reply(self, line):
        verb = line.split(" ")[0].split(":")[0]
        if line == f"RCPT TO:<{BAD}>":
            return b"550 5.1.1 nobody of that name\r\n"
        return {"EHLO": b"250-mx.example.org\r\n250-PIPELINING\r\n"
                        b"250 ENHANCEDSTATUSCODES\r\n",
                "MAIL": b"250 2.1.0 sender ok\r\n",
                "RCPT": b"250 2.1.5 recipient ok\r\n",
                "DATA": b"354 go on\r\n",
                "QUIT": b"221 2.0.0 bye\r\n"}.get(verb, b"500 5.5.1 what?\r\n")

    async def data(self, reader, writer):
        mail = b""
        while not mail.endswith(b"\r\n.\r\n"):
            piece = await reader.read(65536)
            if not piece:
                return False
            mail += piece
            await asyncio.sleep(self.pause)
        self.mails.append(mail[:-3].replace(b"\r\n..", b"\r\n."))
        if self.drops_after_dot:
            return False
        writer.write(b"250 2.0.0 kept\r\n")
        return True


# The session

async def outcomes(session, number):
    """By recipient, until the transaction is over."""
    got = {}
    while True:
        kind, event_id, tag, outcome = await asyncio.wait_for(session.events.get(), 20)
        if kind == mr.MR_EVENT_OUTCOME:
            assert event_id == number and tag == 77
            assert outcome.recipient not in got, "told twice"
            got[outcome.recipient] = outcome
        elif kind == mr.MR_EVENT_TRANSACTION:
            assert event_id == number
            return got


async def end(session):
    while True:
        kind, _, _, outcome = await asyncio.wait_for(session.events.get(), 20)
        assert kind != mr.MR_EVENT_OUTCOME, "an outcome after its transaction"
        if kind == mr.MR_EVENT_SESSION_END:
            return outcome


async def send(lib, port, mail, numbers=(), quits=True):
    """One mail on one connection: its outcomes, and the end of the session."""
    settings = mr.options(
        lib, numbers, [(mr.MR_OPT_HELO_NAME, "client.example.net")])
    session = mr.Session(lib, settings)
    try:
        session.connect("127.0.0.1", port)
        number = session.submit(mail, tag=77)
        got = await outcomes(session, number)
        if quits:
            session.quit()
        last = await end(session)
        await asyncio.sleep(0)
        assert not session.links, "a channel is left"
        return got, last
    finally:
        session.free()
        settings.free()
        mail.free()


def two(lib, text="Hello,\n.\n..two dots\nbye\n"):
    return mr.message(lib, FROM, [GOOD, BAD], "From Python", text)


async def test_delivery(lib):
    """Two recipients: one is accepted, one is refused."""
    async with Server() as server:
        mail = two(lib)
        size = lib.mr_message_size(mail.pointer)
        got, _ = await send(lib, server.port, mail)
    good, bad = got[GOOD], got[BAD]
    assert len(got) == 2
    assert (good.fate, good.action, good.reason, good.code, good.status) == (
        mr.MR_FATE_DELIVERED, mr.MR_ACTION_NONE, mr.MR_REASON_DELIVERED, 250, "2.0.0")
    assert (good.stage, good.final, good.index) == (mr.MR_STAGE_DOT, 1, 0)
    assert good.text.endswith("kept")
    assert (bad.fate, bad.action, bad.reason, bad.code, bad.status) == (
        mr.MR_FATE_FAILED, mr.MR_ACTION_BOUNCE, mr.MR_REASON_RCPT_HARD, 550, "5.1.1")
    assert (bad.stage, bad.index, bad.from_server) == (mr.MR_STAGE_RCPT, 1, 1)
    assert "nobody of that name" in bad.text
    assert good.address == "127.0.0.1" and good.port == server.port
    assert server.commands == [
        "EHLO client.example.net", f"MAIL FROM:<{FROM}>", f"RCPT TO:<{GOOD}>",
        f"RCPT TO:<{BAD}>", "DATA", "QUIT"]
    assert server.together >= 3, "MAIL and RCPT were not pipelined"
    assert len(server.mails) == 1 and len(server.mails[0]) == size
    assert server.mails[0].endswith(b"\r\n\r\nHello,\r\n.\r\n..two dots\r\nbye\r\n")


async def test_uncertain(lib):
    """R88: the connection is lost between the final dot and its reply."""
    async with Server(drops_after_dot=True) as server:
        got, _ = await send(lib, server.port, two(lib), quits=False)
    assert len(server.mails) == 1 and len(got) == 2
    good = got[GOOD]
    assert (good.fate, good.action, good.reason, good.uncertain, good.stage) == (
        mr.MR_FATE_DEFERRED, mr.MR_ACTION_DEFER, mr.MR_REASON_UNCERTAIN, 1,
        mr.MR_STAGE_DOT)
    bad = got[BAD]
    assert (bad.fate, bad.uncertain) == (mr.MR_FATE_FAILED, 0)


async def test_flow(lib):
    """More than sockets hold, to a slow reader: writing pauses and goes on."""
    text = "".join(f"line {i} of a long text\n" for i in range(200000))
    async with Server(pause=0.002) as server:
        mail = two(lib, text)
        size = lib.mr_message_size(mail.pointer)
        got, _ = await send(lib, server.port, mail)
    assert got[GOOD].fate == mr.MR_FATE_DELIVERED
    assert len(server.mails[0]) == size
    assert server.mails[0].endswith(text.replace("\n", "\r\n").encode())


async def test_refused(lib):
    """Nobody listens."""
    async with Server() as server:
        port = server.port
    got, last = await send(lib, port, two(lib), quits=False)
    assert set(got) == {GOOD, BAD}
    for outcome in [*got.values(), last]:
        assert outcome.reason == mr.MR_REASON_CONNECT_REFUSED
        assert outcome.stage == mr.MR_STAGE_CONNECT


async def test_deadline(lib):
    """R32: a server that says nothing; the timer of the event loop ends it."""
    started = asyncio.get_running_loop().time()
    async with Server(greets=False) as server:
        shorter = [(mr.MR_OPT_TIMEOUT_GREETING, 15000), (mr.MR_OPT_TIMEOUT_SCALE, 2)]
        got, _ = await send(lib, server.port, two(lib), shorter, quits=False)
    elapsed = asyncio.get_running_loop().time() - started
    for outcome in got.values():
        assert outcome.reason == mr.MR_REASON_REPLY_TIMEOUT
        assert outcome.stage == mr.MR_STAGE_GREETING
    assert 0.29 < elapsed < 10, elapsed


RAW = (b"From: <sender@example.net>\r\nSubject: piece by piece\r\n\r\n"
       + b"a body from Python\r\n" * 5000)


async def test_source(lib):
    """The body comes from a Python function, in pieces of its choice."""
    def read(offset, cap):
        return RAW[offset:offset + min(cap, 1000)]

    async with Server() as server:
        mail = mr.source_message(lib, FROM, [GOOD], read)
        got, _ = await send(lib, server.port, mail)
    assert got[GOOD].fate == mr.MR_FATE_DELIVERED
    assert server.mails[0].endswith(b"\r\n\r\n" + b"a body from Python\r\n" * 5000)


async def test_source_raises(lib):
    """A function that raises in the second pass: no dot, nothing delivered."""
    gone = []

    def read(offset, cap):
        if gone and offset > 20000:
            raise OSError("the file is gone")
        return RAW[offset:offset + cap]

    async with Server() as server:
        mail = mr.source_message(lib, FROM, [GOOD], read)
        gone.append(True)
        got, _ = await send(lib, server.port, mail, quits=False)
    assert (got[GOOD].fate, got[GOOD].reason, got[GOOD].uncertain) == (
        mr.MR_FATE_DEFERRED, mr.MR_REASON_SOURCE_FAILED, 0)
    assert server.mails == []


async def test_errors(lib):
    """Negative results are exceptions with the library's own words."""
    session, mail = mr.Session(lib), two(lib)
    wrong = {mr.MR_ERR_ADDR: lambda: session.connect("here", 25),
             mr.MR_ERR_RANGE: lambda: session.connect("127.0.0.1", 65536),
             mr.MR_ERR_STATE: lambda: session.submit(mail)}
    for code, call in wrong.items():
        try:
            call()
        except mr.MailError as error:
            assert error.code == code, error
            assert str(error) == lib.mr_strerror(code).decode() != ""
        else:
            raise AssertionError(f"no exception, {code} expected")
    session.free()
    mail.free()


TESTS = [test_layout, test_fields, test_constants, test_prototypes, test_delivery,
         test_uncertain, test_flow, test_refused, test_deadline, test_source,
         test_source_raises, test_errors]


def run(test, lib):
    try:
        if asyncio.iscoroutinefunction(test):
            asyncio.run(asyncio.wait_for(test(lib), 60))
        else:
            test()
        return True
    except Exception:
        traceback.print_exc()
        return False


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    lib = mr.load(sys.argv[1])
    failed = 0
    for test in TESTS:
        name = "python." + test.__name__[len("test_"):]
        good = run(test, lib)
        failed += not good
        print(f"{'ok' if good else 'not ok'} {name}", flush=True)
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
