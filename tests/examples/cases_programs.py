# SPDX-License-Identifier: MIT
"""Cases of the small programs: first, poll_session, own_store."""
import re
import signal
import socket
import stat
import subprocess
import threading
import time
from lab import PATIENCE, ROOT, equal, match

FROM = "me@origin.test"


def case_readme_shows_first(_):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```c\n(.*?)```", readme, re.S).group(1)
    source = (ROOT / "examples/first.c").read_text(encoding="utf-8")
    body = re.sub(r"\A(/\*.*\*/\n)+", "", source)
    assert body != source, "no comment above the program"
    equal(shown, body, "README.md and examples/first.c")


# Names that the pieces of the tutorial take as given.
SETTING = """#include <mailroute/mailroute.h>
#include <stdio.h>
#include "store/conformance.h"
extern mr_driver *driver;
const mr_store *open_file(void *user);
const mr_store *reopen_file(void *user);
void close_file(void *user);
"""


def case_tutorial_compiles(_):
    tutorial = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
    pieces = re.findall(r"```c\n(.*?)```", tutorial, re.S)
    assert len(pieces) >= 3, f"only {len(pieces)} pieces of C"
    for number, piece in enumerate(pieces):
        code = f"{SETTING}int piece{number}(void);\n" \
               f"int piece{number}(void) {{\n{piece}\nreturn 0;\n}}\n"
        done = subprocess.run(
            ["cc", "-std=c11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
             f"-I{ROOT}/include", f"-I{ROOT}/tests", "-xc", "-"], input=code,
            capture_output=True, text=True, timeout=PATIENCE, check=False)
        equal(done.returncode, 0, done.stderr)


def case_tutorial_names_what_there_is(_):
    tutorial = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
    for name in re.findall(r"`((?:examples|tests|include)/[\w./]+)`", tutorial):
        assert (ROOT / name).exists(), f"no {name}"
    headers = "".join(path.read_text(encoding="utf-8")
                      for path in sorted((ROOT / "include/mailroute").glob("*.h")))
    for name in set(re.findall(r"\b(?:mr|MR)_\w+", tutorial)):
        match(rf"\b{name}\b", headers)


def case_first_tells_what_is_wrong(network):
    equal(network.run("first")[0], 64)
    _, out, _ = network.run("first", "me", "you@swift.test")
    match('^message: "me" is no address', out)


# --- poll_session -------------------------------------------------------------------


def poll(network, address, *recipients):
    return network.run("poll_session", address, network.port, FROM, *recipients)


def case_poll_session_delivers(network):
    status, out, _ = poll(network, "127.0.0.11", "alice@swift.test",
                          "nobody@swift.test")
    equal(status, 69)
    match(r"^alice@swift.test: delivered: 250 2.0.0 stored$", out)
    match(r"^nobody@swift.test: failed: 550 5.1.1 There is nobody", out)
    equal(len(network.stored("alice@swift.test")), 1)
    match(r"^Carried by a poll loop.$", network.stored("alice@swift.test")[0])


def case_poll_session_speaks_tls(network):
    equal(poll(network, "127.0.0.15", "tess@secret.test")[0], 0)
    match(r"TLS1\.\d$", network.lines("stored")[0])


def case_poll_session_defers(network):
    status, out, _ = poll(network, "127.0.0.12", "greta@patient.test")
    equal(status, 75)
    match(r"^greta@patient.test: deferred: 451 4.7.1 greylisted", out)
    status, out, _ = poll(network, "127.0.0.13", "dora@backup.test")
    equal(status, 75)
    match(r"^dora@backup.test: deferred: 0 4\.4\.1 .*refused", out)


def case_poll_session_knows_its_arguments(network):
    equal(network.run("poll_session")[0], 64)
    equal(network.run("poll_session", "no.address", "25", FROM, FROM)[0], 64)
    equal(network.run("poll_session", "127.0.0.11", "99999", FROM, FROM)[0], 64)
    equal(network.run("poll_session", "127.0.0.11", "25", "me", FROM)[0], 65)


def talk(server, words):
    """Says its words, one at each command, then hangs up."""
    line, _ = server.accept()
    with line, line.makefile("rb") as commands:
        for one in words:
            line.sendall(one)
            if one is not words[-1]:
                commands.readline()


def case_poll_session_meets_a_rude_server(network):
    for words, pattern in (
            ([b"220 hi\r\n"], "deferred"),
            ([b"220 hi\r\n", b"250 x\r\n", b"250 ok\r\n", b""], "deferred"),
            ([b"garbage\r\n"], "deferred"),
            ([b"220 hi\r\n", b"250 x\r\n", b"550 5.7.1 no\r\n", b"221 bye\r\n"],
             "failed: 550 5.7.1 no")):
        with socket.create_server(("127.0.0.1", 0)) as server:
            thread = threading.Thread(target=talk, args=(server, words))
            thread.start()
            port = str(server.getsockname()[1])
            status, out, _ = network.run("poll_session", "127.0.0.1", port, FROM,
                                         "a@swift.test")
            thread.join()
        equal(len(out.splitlines()), 1, f"outcomes after {words}")
        match(f"^a@swift.test: {pattern}", out)
        equal(status, 69 if pattern.startswith("failed") else 75)


# --- own_store ----------------------------------------------------------------------


def own_way(network, retry="1s"):
    return ["--resolver", network.resolver, "--port", network.port,
            "--allow-special", "1", "--retry-min", retry, "--retry-max", retry,
            "--helo-name", "origin.test"]


def case_own_store_keeps_and_delivers(network):
    file = network.place / "queue"
    status, out, _ = network.run("own_store", file, "send", FROM, "alice@swift.test",
                                 "greta@patient.test", "nobody@swift.test")
    equal(status, 0)
    match(r"^accepted as \d+$", out)
    equal(stat.S_IMODE(file.stat().st_mode), 0o600, "access to the file")
    equal(network.stored("alice@swift.test"), [])
    status, out, _ = network.run("own_store", file, "run", *own_way(network))
    equal(status, 69)
    match(r"^alice@swift.test: delivered", out)
    match(r"^nobody@swift.test: failed", out)
    match(r"^greta@patient.test: deferred(.|\n)*^greta@patient.test: delivered", out)
    for who in ("alice@swift.test", "greta@patient.test", FROM):
        equal(len(network.stored(who)), 1, f"mails for {who}")
    equal(network.run("own_store", file, "run", *own_way(network)), (0, "", ""))


def case_own_store_survives_a_kill(network):
    file = network.place / "queue"
    network.run("own_store", file, "send", FROM, "greta@patient.test")
    with network.start("own_store", file, "run", *own_way(network, "3s")) as first:
        match("deferred", first.stdout.readline())
        first.send_signal(signal.SIGKILL)
        first.wait(PATIENCE)
    start = time.monotonic()
    status, out, _ = network.run("own_store", file, "run", *own_way(network))
    equal((status, len(network.stored("greta@patient.test"))), (0, 1))
    match(r"\A(greta@patient.test: deferred.*\n)?greta@patient.test: delivered", out)
    assert time.monotonic() - start > 1, "it did not wait for the next attempt"


def case_own_store_has_one_user(network):
    file = network.place / "queue"
    network.run("own_store", file, "send", FROM, "greta@patient.test")
    with network.start("own_store", file, "run", *own_way(network, "60s")) as first:
        match("deferred", first.stdout.readline())
        status, _, err = network.run("own_store", file, "send", FROM, FROM)
        first.kill()
    equal(status, 74)
    match("another process", err)


def case_own_store_knows_its_arguments(network):
    file = network.place / "queue"
    for args, status, pattern in (
            ([], 64, "^usage"), ([file, "eat"], 64, "^usage"),
            ([file, "send", FROM], 64, "^usage"),
            ([file, "send", "me", FROM], 65, "no address"),
            ([file, "run", "--port"], 64, "pairs"),
            ([file, "run", "--port", "x"], 64, "--port: .*range"),
            ([file, "run", "--nonsense", "1"], 64, "no such option"),
            ([file, "run", "--resolver", "x:y"], 64, "--resolver"),
            ([network.place / "no" / "queue", "run"], 74, "No such file"),
            ([network.place / "servers.log", "run"], 74, "not a file of this")):
        got, out, err = network.run("own_store", *args)
        equal((got, out), (status, ""), f"own_store {args}")
        match(pattern, err)
