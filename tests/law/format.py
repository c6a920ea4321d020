# SPDX-License-Identifier: MIT
"""Every C file is as clang-format writes it. With --fix it is written so."""
import sys
from law import ROOT, files, parallel, run, verdict

TOPS = ["lib", "include", "examples", "tests"]


def main():
    paths = files(TOPS, {".c", ".h"})
    mode = ["-i"] if "--fix" in sys.argv else ["--dry-run", "-Werror"]
    parts = [[str(path) for path in paths[at:at + 20]] for at in range(0, len(paths), 20)]
    results = parallel(lambda part: run(["clang-format", *mode, *part]), parts)
    places = [line.replace(f"{ROOT}/", "") for code, text in results if code
              for line in text.splitlines() if "error:" in line]
    problems = sorted({line.split(":")[0] + ": not as clang-format writes it"
                       for line in places})
    verdict(problems, len(paths))


main()
