# SPDX-License-Identifier: MIT
"""main.py PROGRAM ROOT WORK [CASE]...: run.sh's part after the packages are there."""
import pathlib
import signal
import subprocess
import sys
import time
import traceback
import cases_address
import cases_delivery
import cases_dkim
import cases_failure
import cases_limits
import cases_mime
import cases_route
import cases_tls
from certificates import Certificates
from dovecot import Dovecot
from names import Names
from postfix import Postfix
from process import Processes, tail
from program import Program

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
CASES = {**cases_delivery.CASES, **cases_tls.CASES, **cases_failure.CASES,
         **cases_limits.CASES, **cases_route.CASES, **cases_address.CASES,
         **cases_mime.CASES, **cases_dkim.CASES}
HERE = pathlib.Path(__file__).resolve().parent


class World:
    """Every server, and the program that sends to them."""

    def __init__(self, program, processes):
        self.work = processes.work
        self.names = Names(processes)
        self.dovecot = Dovecot(processes)
        self.certificates = Certificates(processes)
        self.postfix = Postfix(processes, self.certificates, self.dovecot.lmtp)
        self.program = Program(program, self.work, self.names.port, self.postfix.port)
        self.tools = pathlib.Path(program).resolve().parents[1] / "tests"

    def tool(self, name):
        """A program of tests/CMakeLists.txt over the library's public headers."""
        return self.tools / name

    def run_tool(self, name, *options):
        done = subprocess.run([self.tool(name), *map(str, options)], timeout=300,
                              capture_output=True, text=True)
        assert done.returncode == 0, f"{name}: {done.returncode}: {done.stderr}"

    def gmime(self):
        """judges/gmime.c, compiled once."""
        program = self.work / "judge-gmime"
        if not program.exists():
            flags = subprocess.run(["pkg-config", "--cflags", "--libs", "gmime-3.0"],
                                   check=True, capture_output=True, text=True)
            subprocess.run(["cc", "-std=c11", "-o", program, HERE / "judges/gmime.c",
                            *flags.stdout.split()], check=True)
        return program


def why(error):
    """What went wrong, and where in these files."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    told = str(error) or type(error).__name__
    return f"{pathlib.Path(place.filename).name}:{place.lineno}: {place.line}: {told}"


def attempt(name, call):
    """Prints the line of one case; its value, or None if it failed."""
    start = time.monotonic()
    try:
        value = call()
    except Exception as error:  # whatever it is, the case failed
        first, *rest = (line[:2000] for line in why(error).splitlines())
        print(f"not ok {name}: {first}", *("  " + line for line in rest[-60:]),
              sep="\n", flush=True)
        return None
    print(f"ok {name} ({time.monotonic() - start:.1f} s)", flush=True)
    return value or True


def run_cases(world, wanted):
    results = [attempt(name, lambda case=case: case(world)) is not None
               for name, case in CASES.items() if name in wanted]
    return results.count(True), results.count(False)


def show_logs(processes):
    for path in sorted((processes.work / "log").iterdir()):
        print(f"--- {path.name}", tail(path, 40), sep="\n")


def stop(number, frame):
    raise SystemExit(128 + number)


def main():
    program, root, work, *wanted = sys.argv[1:]
    unknown = set(wanted) - set(CASES)
    if unknown:
        sys.exit(f"unknown: {' '.join(unknown)}; there are: {' '.join(CASES)}")
    for number in STOPPING:
        signal.signal(number, stop)
    processes = Processes(pathlib.Path(root), pathlib.Path(work))
    try:
        world = attempt("servers-start", lambda: World(program, processes))
        passed, failed = run_cases(world, wanted or CASES) if world else (0, 0)
        passed, failed = passed + bool(world), failed + (not world)
        if failed:
            show_logs(processes)
    finally:
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        processes.stop_all()
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
