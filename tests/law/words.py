# SPDX-License-Identifier: MIT
"""No unfinished work is announced, and no path of somebody's machine is kept."""
import re
from law import ROOT, files, name, verdict

UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|placeholder|not yet implemented|"
                        r"\bstub(s|bed)?\b", re.I)
# A resolver of that kind (RFC 1034 section 5.3.1), and names in other programs' files.
TERM_OF_ART = re.compile(r"stub[ -]resolver|stub-(zone|addr|prime|host|tls)|stub_\w+")
MACHINE = re.compile(r"(?<![\w.])/(work|home|root|Users|mnt)/\w")
TOPS = ["lib", "include", "examples", "tests", "pkgconfig", "docs", ".ci"]
SUFFIXES = {".c", ".h", ".py", ".sh", ".cmake", ".txt", ".map", ".in", ".md", ".conf", ""}


def problems_in(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        rest = TERM_OF_ART.sub("", line)
        for pattern, what in ((UNFINISHED, "unfinished"), (MACHINE, "machine path")):
            match = pattern.search(rest)
            if match and path.name != "words.py":  # which has to say them
                yield f"{name(path)}:{number}: {what}: {line.strip()}"


def main():
    problems = []
    paths = [path for path in files(TOPS, SUFFIXES) if "/corpus/" not in name(path)]
    paths += [ROOT / one for one in ("CMakeLists.txt", "README.md")
              if (ROOT / one).is_file()]
    for path in paths:
        problems += problems_in(path)
    verdict(problems, len(paths))


main()
