# SPDX-License-Identifier: MIT
"""Each public header compiles alone in C99, C11 and C++17, and a binding can use it."""
import re
from law import COMPILERS, PUBLIC, ROOT, name, parallel, run, verdict, without_comments

FORBIDDEN = (
    (r"^\s*#\s*define\s+\w+\(", "function-like macro"),
    (r"\b(static|inline)\b", "code in a header"),
    (r"\.\.\.", "variable arguments"),
    (r"^[^?]*\b\w+\s*:\s*\d+\s*;", "bitfield"),
    (r"\bunion\b", "union"),
    (r"\b(long|bool|_Bool|ssize_t|off_t|time_t|wchar_t)\b", "type of no fixed size"),
    (r"\b(sockaddr\w*|FILE|va_list)\b", "type of the system"),
    (r"\b(gnutls|ldns|idn2|cmocka)\w*", "name of another library"),
    (r"^\s+enum\s+\w+\s+\w+\s*[;,)]", "field of an enumerated type: use int"),
)
MODES = (("-std=c99", 0, "c"), ("-std=c11", 0, "c"), ("-std=c++17", 1, "c++"))


def compile_alone(job):
    header, compiler, (standard, _, language) = job
    code, output = run(
        [compiler, standard, "-x", language, "-fsyntax-only", "-Wall", "-Wextra",
         "-Wpedantic", "-Werror", "-I", str(ROOT / "include"), "-"],
        input=f"#include <mailroute/{header}>\n#include <mailroute/{header}>\n"
              "extern int mr_law; int mr_law = 0;\n")
    return f"{header}: {compiler} {standard}\n{output}" if code else None


def by_value(text, structs):
    """Functions that take or give a struct whole."""
    for match in re.finditer(r"\bMR_API\b([^;]*);", text):
        for found in re.finditer(r"\b(mr_\w+)\b(?=\s+\w)(?!\s*\*)", match.group(1)):
            if found.group(1) in structs:
                yield text.count("\n", 0, match.start()) + 1, found.group(1)


def scan(header, structs):
    problems = []
    text = without_comments(header.read_text(encoding="utf-8"))
    for number, line in enumerate(text.split("\n"), 1):
        for pattern, what in FORBIDDEN:
            if re.search(pattern, line):
                problems.append(f"{name(header)}:{number}: {what}: {line.strip()}")
    for number, struct in by_value(text, structs):
        problems.append(f"{name(header)}:{number}: {struct} by value")
    if "MR_API" in text and 'extern "C"' not in text:
        problems.append(f'{name(header)}: no extern "C"')
    return problems


def umbrella(headers):
    """mailroute.h has all but the stores that are libraries of their own."""
    text = (PUBLIC / "mailroute.h").read_text(encoding="utf-8")
    for header in headers:
        alone = header.name == "mailroute.h" or header.name.startswith("store_")
        if not alone and f"<mailroute/{header.name}>" not in text:
            yield f"{name(PUBLIC / 'mailroute.h')}: lacks {header.name}"


def main():
    headers = sorted(PUBLIC.glob("*.h"))
    texts = [without_comments(header.read_text(encoding="utf-8")) for header in headers]
    structs = set(re.findall(r"\b(mr_\w+);", " ".join(
        re.findall(r"typedef struct[^{};]*(?:\{[^{}]*\})?\s*mr_\w+;", " ".join(texts)))))
    jobs = [(header.name, pair[mode[1]], mode)
            for header in headers for pair in COMPILERS for mode in MODES]
    problems = [found for found in parallel(compile_alone, jobs) if found]
    for header in headers:
        problems += scan(header, structs)
    problems += umbrella(headers)
    verdict(problems, len(jobs) + len(headers))


main()
