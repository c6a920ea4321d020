# SPDX-License-Identifier: MIT
"""Functions, files, headers and lines stay short; each file names its licence."""
from statistics import median
from law import ROOT, files, name, run, verdict

FUNCTION_MEDIAN, FUNCTION_P95, FUNCTION_MAX = 15, 60, 100
FILE_MEDIAN, FILE_MAX, HEADER_MAX, LINE_MAX = 300, 700, 400, 90
GROUPS = (("lib", ["lib", "include"]), ("tests", ["tests", "examples"]))
LICENCE = "SPDX-License-Identifier: MIT"


def functions(paths):
    """(lines, place) of each function."""
    code, text = run(["ctags", "-f", "-", "--languages=C", "--langmap=C:.c.h",
                      "--kinds-C=f", "--fields=+ne"] + [str(path) for path in paths])
    if code:
        verdict([f"ctags: {text}"], 1)
    found = []
    for line in text.splitlines():
        fields = line.split("\t")
        numbers = dict(one.split(":", 1) for one in fields if ":" in one)
        if line.startswith("!_") or "end" not in numbers:
            continue
        place = f"{fields[1].removeprefix(f'{ROOT}/')}:{numbers['line']}: {fields[0]}"
        found.append((int(numbers["end"]) - int(numbers["line"]) + 1, place))
    return sorted(found)


def judge_functions(group, found):
    lengths = [lines for lines, _ in found]
    if not lengths:
        return
    print(f"{group}: {len(lengths)} functions, median {median(lengths)}, "
          f"p95 {lengths[len(lengths) * 95 // 100]}, longest {lengths[-1]}")
    if median(lengths) > FUNCTION_MEDIAN:
        yield f"{group}: half of the functions are over {FUNCTION_MEDIAN} lines"
    if lengths[len(lengths) * 95 // 100] > FUNCTION_P95:
        yield f"{group}: more than 5 of 100 functions are over {FUNCTION_P95} lines"
    for lines, place in found:
        if lines > FUNCTION_MAX:
            yield f"{place}: {lines} lines, over {FUNCTION_MAX}"


def judge_text(path, lines):
    first = lines[1:2] if lines and lines[0].startswith("#!") else lines[:1]
    if not any(LICENCE in line for line in first):
        yield f"{name(path)}:1: no {LICENCE}"
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_MAX:
            yield f"{name(path)}:{number}: {len(line)} columns, over {LINE_MAX}"
        if line != line.rstrip() or "\t" in line:
            yield f"{name(path)}:{number}: tab or space at the end"


def judge_files(group, tops, problems):
    sizes = []
    for path in files(tops, {".c", ".h", ".py", ".sh", ".cmake", ".txt", ".map"}):
        if path.suffix == ".txt" and path.name != "CMakeLists.txt":
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        problems += judge_text(path, lines)
        limit = HEADER_MAX if name(path).startswith("include/") else FILE_MAX
        if len(lines) > limit:
            problems.append(f"{name(path)}: {len(lines)} lines, over {limit}")
        sizes.append(len(lines))
    if not sizes:
        return 0
    print(f"{group}: {len(sizes)} files, median {median(sizes)}, longest {max(sizes)}, "
          f"{sum(sizes)} lines")
    if median(sizes) > FILE_MEDIAN:
        problems.append(f"{group}: half of the files are over {FILE_MEDIAN} lines")
    return len(sizes)


def main():
    problems = []
    count = 0
    for group, tops in GROUPS:
        problems += judge_functions(group, functions(files(tops, {".c", ".h"})))
        count += judge_files(group, tops, problems)
    verdict(problems, count)


main()
