# SPDX-License-Identifier: MIT
"""Address lists read by the library, by two parsers of Python's and by GMime: nobody may
find another address than we do, and what we refuse has to look broken to others (bug 14).
"""
import email.policy
import email.utils
import re
import subprocess
from address_corpus import LISTS

MAILBOX = "1"
# Addresses that another reader does not see so, and who is right.
DIFFERENT = {
    "[List] Joe <joe@a.example>": "no atom, but it is sent",
    "Joe [Work] <joe@a.example>": "no atom, but it is sent",
    "\"\"@b.example": "headerregistry forgets the quotes",
    "\"a..b\"@c.example": "headerregistry forgets the quotes",
    "\".a\"@c.example": "headerregistry forgets the quotes",
    "alice@example.org;bob@evil.example": "';' as people type it",
    "a@b.example;c@d.example": "';' as people type it",
    "; ;": "nobody is in it",
    "a@b.example.": "the dot is the root's",
    "\"Joe\r\n Doe\" <a@b.example>": "email.utils knows no folds",
}
# Names of which both of Python's parsers make something else.
NAMES = {
    "a@b.example (a (nested (deep)) one)": "email.utils drops the inner parentheses",
    "pete(his account)@silly.test(his host)": "email.utils joins all comments",
    "a@b.example (,)": "email.utils finds no address",
    "=?utf-8?q?a?= =?utf-8?q?b?= <j@a.example>": "RFC 2047 6.2: no space",
    "=?utf-8?q?a?=\r\n =?utf-8?q?b?= <j@a.example>": "RFC 2047 6.2: no space",
    "a@b.example (=?utf-8?q?J=C3=B6?=)": "a word in a comment",
    "[List] Joe <joe@a.example>": DIFFERENT["[List] Joe <joe@a.example>"],
    "Joe [Work] <joe@a.example>": DIFFERENT["Joe [Work] <joe@a.example>"],
}
# Well formed by RFC 5322, but no SMTP server takes it (RFC 5321 4.1.2, 4.1.3, 4.5.3.1).
STRICTER = {"a@[evil.example]", "a@[IPv6:::g]", "a@[300.1.1.1]", "a@[]", "a@-b.example",
            "a@b-.example", "a" * 65 + "@b.example", "a@" + "b" * 64 + ".example"}


def run(argv, lists):
    """The answer of a program to each list: items, or None if it refuses."""
    sent = b"".join(one.encode() + b"\0" for one in lists)
    done = subprocess.run(argv, input=sent, capture_output=True, timeout=60, check=True)
    answers = done.stdout.decode().split("\0")[:-1]
    assert len(answers) == len(lists), f"{len(answers)} answers to {len(lists)} lists"
    return [None if one.startswith("error") else
            [tuple(line.split("\x1f")[1:]) for line in one.split("\n")
             if line.startswith(MAILBOX + "\x1f")] for one in answers]


def plain(address):
    """Without quotes that need not be, the domain in lower case."""
    local, _, domain = address.rpartition("@")
    if re.fullmatch(r'"[\w+-]+(\.[\w+-]+)*"', local):
        local = local[1:-1]
    return f"{local}@{domain if domain.startswith('[') else domain.lower()}"


def registry(text):
    """(items, whether it found a fault) of email.headerregistry."""
    unfolded = re.sub(r"\r?\n([ \t])", r"\1", text)
    try:
        field = email.policy.default.header_factory("To", unfolded)
        items = [(one.display_name, plain(one.addr_spec)) for one in field.addresses]
    except Exception:  # it has bugs of its own: whatever they raise, it is no list
        return None, True
    return items, bool(field.defects)


def utils(text):
    """Items of email.utils, None if it gives up."""
    items = [one for one in email.utils.getaddresses([text]) if one != ("", "")]
    return [(name, plain(address)) for name, address in items] or None


def addresses(items):
    return [address for _, address in items]


def compare(text, ours, judges):
    """What is wrong about an accepted list."""
    different = any(one is not None and addresses(one) != addresses(ours)
                    for one in judges)
    if different != (text in DIFFERENT) and any(judges):
        yield f"{text!r}: we {ours}, others {judges}"
    for index, (name, address) in enumerate(ours):
        said = {one[index][0] for one in judges if one and index < len(one)}
        if said and name not in said and text not in NAMES:
            yield f"{text!r}: we name {address} {name!r}, others {said}"


def check_list(text, ours):
    found, faulty = registry(text)
    if ours is None:
        if not faulty and text not in STRICTER:
            yield f"{text!r}: we refuse it, others find nothing wrong"
    else:
        if text in STRICTER:
            yield f"{text!r}: accepted"
        yield from compare(text, ours, [found, utils(text)])


def lists_agree(world):
    assert len(LISTS) == len(set(LISTS)) >= 200
    whole = [one for one in LISTS if "\0" not in one]
    results = run([world.tool("real_lists")], whole)
    problems = [line for text, ours in zip(whole, results)
                for line in check_list(text, ours)]
    accepted = sum(one is not None for one in results)
    assert 150 < accepted < len(whole) - 80, f"{accepted} of {len(whole)} accepted"
    assert not problems, "\n".join(problems)


def gmime_agrees(world):
    """GMime repairs much; where it finds the same number of addresses they are ours."""
    whole = [one for one in LISTS if "\0" not in one]
    ours = run([world.tool("real_lists")], whole)
    theirs = run([world.gmime(), "lists"], whole)
    problems = []
    for text, one, other in zip(whole, ours, theirs):
        if one is None or text in DIFFERENT:
            continue
        other = [plain(address) for _, address in other or []]
        if addresses(one) != other:
            problems.append(f"{text!r}: we {addresses(one)}, GMime {other}")
    assert not problems, "\n".join(problems)


CASES = {"address-lists-python": lists_agree, "address-lists-gmime": gmime_agrees}
