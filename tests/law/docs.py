# SPDX-License-Identifier: MIT
"""Doxygen finds every public thing documented: each parameter, result and value."""
import re
import tempfile
from law import PUBLIC, declared, run, verdict

SETTINGS = """INPUT={input}
OUTPUT_DIRECTORY={output}
STRIP_FROM_PATH={input}
QUIET=YES
GENERATE_HTML=YES
GENERATE_LATEX=NO
HAVE_DOT=NO
OPTIMIZE_OUTPUT_FOR_C=YES
EXTRACT_ALL=NO
WARN_NO_PARAMDOC=YES
WARN_AS_ERROR=FAIL_ON_WARNINGS
MACRO_EXPANSION=YES
EXPAND_ONLY_PREDEF=YES
PREDEFINED=MR_API=
"""


MEMBER = re.compile(r"\s+(?:MR_\w+(?: = -?\w+)?,?|[a-z][\w *]*[ *]\w+;|"
                    r"[a-z][\w ]*\(\*\w+\)\(.*)\s*(/\*.*)?$")


def members(header):
    """Values and fields without a comment of their own, which Doxygen lets pass."""
    above = ""
    for number, line in enumerate(header.read_text(encoding="utf-8").split("\n"), 1):
        match = MEMBER.match(line)
        if match and "/**<" not in line and not above.endswith("*/"):
            yield f"{header.name}:{number}: no comment: {line.strip()}"
        above = line.strip()


def main():
    with tempfile.TemporaryDirectory() as output:
        settings = SETTINGS.format(input=PUBLIC, output=output)
        code, text = run(["doxygen", "-"], input=settings)
    problems = [line.replace(f"{PUBLIC}/", "") for line in text.splitlines() if line]
    problems = problems if code else []
    for header in sorted(PUBLIC.glob("*.h")):
        problems += members(header)
    verdict(problems, len(declared()))


main()
