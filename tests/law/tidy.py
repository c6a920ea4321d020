# SPDX-License-Identifier: MIT
"""clang-tidy (.clang-tidy) over the library. tidy.py BUILD-FOLDER [FILE…]"""
import sys
from pathlib import Path
from law import ROOT, files, parallel, run, verdict


def findings(build, path):
    code, text = run(["clang-tidy", "--quiet", "-p", build, str(path)])
    lines = [line.replace(f"{ROOT}/", "") for line in text.splitlines()]
    found = [line for line in lines if " error: " in line or " warning: " in line]
    return "\n".join(found or lines) if code or found else ""


def main():
    build = sys.argv[1]
    paths = [Path(one).resolve() for one in sys.argv[2:]] or files(["lib"], {".c"})
    problems = [text for text in parallel(lambda path: findings(build, path), paths)
                if text.strip()]
    verdict(problems, len(paths))


main()
