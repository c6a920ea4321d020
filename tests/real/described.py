# SPDX-License-Identifier: MIT
"""What is in a message: as the generator says, and as a reader of mail finds it."""
import dataclasses
import hashlib

UNIT = "\x1f"


@dataclasses.dataclass
class Part:
    depth: int
    type: str
    disposition: str
    filename: str
    id: str
    content: object  # digest of the octets, None if it holds other parts

    def without(self, *names):
        return dataclasses.replace(self, **{name: None for name in names})


@dataclasses.dataclass
class Described:
    subject: str
    people: list  # (field, name, address)
    parts: list


def digest(octets, text):
    """Text is the same with or without the last line end: a boundary may need one."""
    if text:
        octets = octets.replace(b"\r\n", b"\n").rstrip(b"\n")
    return f"{'text' if text else 'data'} {hashlib.sha256(octets).hexdigest()}"


def load(folder, number):
    """NUMBER.expect and NUMBER.bin, by the generator or by a judge that writes the same.
    """
    found = Described("", [], [])
    octets = (folder / f"{number}.bin").read_bytes()
    for line in (folder / f"{number}.expect").read_bytes().decode().split("\n"):
        kind, *fields = line.split(UNIT)
        if kind == "subject":
            found.subject = fields[0]
        elif kind in ("from", "to", "cc"):
            found.people.append((kind, *fields))
        elif kind == "part":
            depth, *words, leaf, text, at, length = fields
            content = octets[int(at):int(at) + int(length)]
            found.parts.append(Part(int(depth), *words, digest(content, text == "1")
                                    if leaf == "1" else None))
    found.people.sort()
    return found


def differences(who, number, wanted, found):
    """Lines that say where a judge sees something else than the generator made."""
    if wanted.subject != found.subject:
        yield f"{number}.eml: {who}: subject {found.subject!r}, not {wanted.subject!r}"
    if wanted.people != found.people:
        yield f"{number}.eml: {who}: people {found.people}, not {wanted.people}"
    if len(wanted.parts) != len(found.parts):
        yield f"{number}.eml: {who}: {len(found.parts)} parts, not {len(wanted.parts)}"
    for index, (one, other) in enumerate(zip(wanted.parts, found.parts)):
        if one != other:
            yield f"{number}.eml: {who}: part {index} is\n  {other}, not\n  {one}"
