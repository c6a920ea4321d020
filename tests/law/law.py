# SPDX-License-Identifier: MIT
"""What the laws share: the tree, its files, C without comments, the verdict."""
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = ROOT / "include" / "mailroute"
COMPILERS = (("gcc", "g++"), ("clang", "clang++"))
OUTSIDE_GIT = re.compile(r"(^|/)(\.git|build[^/]*|__pycache__)/")


def files(tops, suffixes):
    """The tree's files below some folders, without what a build made."""
    found = []
    for top in tops:
        for path in sorted((ROOT / top).rglob("*")):
            inside = path.relative_to(ROOT).as_posix()
            if OUTSIDE_GIT.search(inside) or path.suffix not in suffixes:
                continue
            if path.is_file():
                found.append(path)
    return found


def name(path):
    return path.relative_to(ROOT).as_posix()


def without_comments(text):
    """C text with comments blanked, line numbers kept."""
    return re.sub(r"/\*.*?\*/|//[^\n]*",
                  lambda match: re.sub(r"[^\n]", " ", match.group()), text, flags=re.S)


def run(command, **more):
    """(exit code, both outputs) of a command."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, cwd=more.pop("cwd", ROOT), check=False, **more)
    return done.returncode, done.stdout


def parallel(call, things):
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(call, things))


def declared():
    """Functions that the public headers declare with MR_API."""
    names = set()
    for header in PUBLIC.glob("*.h"):
        text = without_comments(header.read_text(encoding="utf-8"))
        text = re.sub(r"^\s*#.*(\\\n.*)*$", "", text, flags=re.M)
        names.update(re.findall(r"\bMR_API\b[^;(]*?\b(mr_\w+)\s*\(", text))
    return names


def verdict(problems, checked):
    """Says what is wrong, ends the program. A law that looked at nothing fails."""
    for problem in problems:
        print(problem)
    print(f"{checked} checked, {len(problems)} against the law")
    if not checked:
        print("nothing was checked: the law looks in the wrong place")
    sys.exit(1 if problems or not checked else 0)
