# SPDX-License-Identifier: MIT
"""cffi reads the preprocessed umbrella header as it is."""
import cffi
from law import COMPILERS, ROOT, declared, run, verdict


def main():
    problems = []
    for compiler, _ in COMPILERS:
        code, text = run([compiler, "-E", "-P", "-DMR_API=", "-DMR_CDEF", "-I",
                          str(ROOT / "include"),
                          str(ROOT / "include" / "mailroute" / "mailroute.h")])
        if code:
            problems.append(f"{compiler}: {text}")
            continue
        ffi = cffi.FFI()
        try:
            ffi.cdef(text)
        except Exception as error:  # cffi and pycparser have no common base
            problems.append(f"{compiler}: {error}")
            continue
        lost = [one for one in declared() if one + "(" not in text.replace(" (", "(")]
        problems += [f"{compiler}: {one} is lost" for one in lost]
        if ffi.sizeof("mr_env") < 5 * ffi.sizeof("void *"):
            problems.append(f"{compiler}: mr_env is too small")
    verdict(problems, len(declared()))


main()
