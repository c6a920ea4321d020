# SPDX-License-Identifier: MIT
"""ENVELOPE and BODYSTRUCTURE of IMAP (RFC 3501 7.4.2) as a description of the message."""
import re
import urllib.parse
from described import Described, Part, digest

TOKEN = re.compile(rb'\s*(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|([^\s()"]+))', re.S)


def join(answer):
    """imaplib gives literals apart: back into one text, as quoted strings."""
    whole = b""
    for one in answer:
        if isinstance(one, tuple):
            head = re.sub(rb"\{\d+\}$", b"", one[0])
            quoted = re.sub(rb'(["\\])', rb"\\\1", one[1])
            whole += head + b'"' + quoted + b'"'
        else:
            whole += one or b""
    return whole


def parse(text):
    """Nested lists of str, None for NIL."""
    stack = [[]]
    for opened, closed, quoted, atom in TOKEN.findall(text):
        if opened:
            stack.append([])
        elif closed:
            done = stack.pop()
            stack[-1].append(done)
        elif atom:
            stack[-1].append(None if atom.upper() == b"NIL" else atom.decode())
        else:
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", quoted).decode())
    assert len(stack) == 1, text
    return stack[0]


def named(words):
    """Parameters, which come as a flat list."""
    words = words or []
    return {words[at].lower(): words[at + 1] for at in range(0, len(words), 2)}


def filename_of(disposition):
    fields = named(disposition[1]) if disposition else {}
    if "filename*" in fields:
        charset, _, value = fields["filename*"].split("'", 2)
        return urllib.parse.unquote(value, encoding=charset or "utf-8", errors="strict")
    return fields.get("filename", "")


def decoded(link, number, place):
    _, answer = link.fetch(str(number), f"(BINARY.PEEK[{place}])")
    found = [one[1] for one in answer if isinstance(one, tuple)]
    quoted = re.search(rb'\] "(.*)"\)$', answer[0], re.S) if not found else None
    return found[0] if found else quoted.group(1) if quoted else b""


def leaf(link, number, body, place, depth):
    kind = f"{body[0]}/{body[1]}".lower()
    shift = 2 if kind == "message/rfc822" else 0  # envelope and body; lines come behind
    at = 7 + shift + (body[0].lower() == "text" or bool(shift))
    disposition = body[at + 1] if len(body) > at + 1 else None
    how = disposition[0].lower() if disposition else ""
    content = None
    if not shift:
        content = digest(decoded(link, number, place),
                         body[0].lower() == "text" and how != "attachment")
    yield Part(depth, kind, how, filename_of(disposition), (body[3] or "").strip("<>"),
               content)
    if shift:
        yield from walk(link, number, body[8], place, depth + 1, True)


def walk(link, number, body, place, depth, top):
    """`place` is the number of the part that holds the message, or of this part."""
    if not isinstance(body[0], list):
        here = place if not top else f"{place}.1" if place else "1"
        yield from leaf(link, number, body, here, depth)
        return
    children = [one for one in body if isinstance(one, list)]
    count = next(at for at, one in enumerate(body) if not isinstance(one, list))
    disposition = body[count + 2] if len(body) > count + 2 else None
    how = disposition[0].lower() if disposition else ""
    yield Part(depth, f"multipart/{body[count]}".lower(), how, filename_of(disposition),
               "", None)
    for index, child in enumerate(children[:count], 1):
        here = f"{place}.{index}" if place else str(index)
        yield from walk(link, number, child, here, depth + 1, False)


def people(kind, addresses, shown):
    for name, _, mailbox, host in addresses or []:
        yield kind, shown(name or ""), f"{mailbox}@{host}"


def describe(link, number, shown):
    _, answer = link.fetch(str(number), "(ENVELOPE BODYSTRUCTURE)")
    fields = parse(join(answer))[1]
    envelope = fields[fields.index("ENVELOPE") + 1]
    body = fields[fields.index("BODYSTRUCTURE") + 1]
    found = [one for kind, at in (("from", 2), ("to", 5), ("cc", 6))
             for one in people(kind, envelope[at], shown)]
    return Described(shown(envelope[1] or ""), sorted(found),
                     list(walk(link, number, body, "", 0, True)))
