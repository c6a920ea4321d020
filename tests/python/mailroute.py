# SPDX-License-Identifier: MIT
"""A small binding of libmailroute by ctypes, as far as one session needs it.

Structures, constants and prototypes are written down once, here; test_session.py compares
them with what the C compiler makes of the headers. `load` opens the library; `Session`
drives one mr_session over asyncio: octets move between channels and transports, deadlines
are loop.call_at, events become Python objects.
"""
import asyncio
import collections
import ctypes
from ctypes import c_char_p, c_int, c_int64, c_size_t, c_uint64, c_uint, c_void_p, POINTER

CONSTANTS = {
    "MR_OK": 0,
    "MR_ERR_STATE": -3,
    "MR_ERR_RANGE": -10,
    "MR_ERR_SOURCE": -17,
    "MR_ERR_ADDR": -30,
    "MR_WANT_READ": 1,
    "MR_WANT_WRITE": 2,
    "MR_CLOSE_EOF": 1,
    "MR_CLOSE_RESET": 2,
    "MR_CLOSE_REFUSED": 4,
    "MR_CLOSE_UNREACHABLE": 5,
    "MR_EVENT_OPEN": 1,
    "MR_EVENT_UPDATE": 2,
    "MR_EVENT_CLOSE": 3,
    "MR_EVENT_OUTCOME": 12,
    "MR_EVENT_TRANSACTION": 32,
    "MR_EVENT_SESSION_END": 33,
    "MR_FATE_DELIVERED": 1,
    "MR_FATE_DEFERRED": 2,
    "MR_FATE_FAILED": 3,
    "MR_ACTION_NONE": 0,
    "MR_ACTION_DEFER": 6,
    "MR_ACTION_BOUNCE": 7,
    "MR_REASON_DELIVERED": 1,
    "MR_REASON_CONNECT_REFUSED": 60,
    "MR_REASON_REPLY_TIMEOUT": 68,
    "MR_REASON_RCPT_HARD": 106,
    "MR_REASON_UNCERTAIN": 113,
    "MR_REASON_SOURCE_FAILED": 114,
    "MR_STAGE_CONNECT": 4,
    "MR_STAGE_GREETING": 5,
    "MR_STAGE_RCPT": 10,
    "MR_STAGE_DOT": 13,
    "MR_OPT_HELO_NAME": 80,
    "MR_OPT_TIMEOUT_GREETING": 87,
    "MR_OPT_TIMEOUT_SCALE": 3,
}
globals().update(CONSTANTS)
NEVER = 2**64 - 1

READ = ctypes.CFUNCTYPE(
    c_int, c_void_p, c_uint64, c_void_p, c_size_t, POINTER(c_size_t))
RELEASE = ctypes.CFUNCTYPE(None, c_void_p)


class Error(ctypes.Structure):
    c_name = "mr_error"
    _fields_ = [("code", c_int), ("stage", c_int), ("offset", c_size_t),
                ("host", c_char_p), ("text", c_char_p)]


class Outcome(ctypes.Structure):
    c_name = "mr_outcome"
    _fields_ = [
        ("message", c_uint64), ("tag", c_uint64), ("index", c_uint64),
        ("recipient", c_char_p), ("fate", c_int), ("final", c_int), ("action", c_int),
        ("reason", c_int), ("stage", c_int), ("code", c_int), ("status", c_char_p),
        ("text", c_char_p), ("from_server", c_int), ("throttle", c_int),
        ("uncertain", c_int), ("host", c_char_p), ("address", c_char_p), ("port", c_int),
        ("tls_level", c_int), ("tls_version", c_char_p), ("tls_cipher", c_char_p),
        ("tls_verified", c_int), ("attempts", c_uint64), ("retry_in", c_uint64)]


class Event(ctypes.Structure):
    c_name = "mr_event"
    _fields_ = [
        ("type", c_int), ("id", c_uint64), ("message", c_uint64), ("tag", c_uint64),
        ("channel", c_void_p), ("outcome", POINTER(Outcome)), ("answer", c_void_p),
        ("plan", c_void_p), ("delivery", c_void_p), ("reason", c_int), ("ask", c_int),
        ("direction", c_int), ("durability", c_int), ("stage", c_int),
        ("host", c_char_p), ("text", c_char_p), ("text_len", c_size_t)]


class TlsNeed(ctypes.Structure):
    c_name = "mr_tls_need"
    _fields_ = [("size", c_size_t), ("level", c_int), ("sni", c_char_p),
                ("names", POINTER(c_char_p)), ("name_count", c_size_t),
                ("trust", c_void_p)]


class SessionTarget(ctypes.Structure):
    c_name = "mr_session_target"
    _fields_ = [("size", c_size_t), ("host", c_char_p), ("address", c_char_p),
                ("port", c_int), ("source", c_char_p), ("need", POINTER(TlsNeed)),
                ("use_helo", c_int)]


class Transaction(ctypes.Structure):
    c_name = "mr_transaction"
    _fields_ = [("size", c_size_t), ("message", c_void_p), ("sender", c_char_p),
                ("recipients", POINTER(c_char_p)), ("recipient_count", c_size_t),
                ("tag", c_uint64), ("waited", c_uint64)]


class Source(ctypes.Structure):
    c_name = "mr_source"
    _fields_ = [("size", c_size_t), ("user", c_void_p), ("read", READ),
                ("release", RELEASE), ("length", c_uint64)]


STRUCTURES = [Error, Outcome, Event, TlsNeed, SessionTarget, Transaction, Source]

# name: (result, arguments). An `int` result that is negative becomes an exception.
PROTOTYPES = {
    "mr_strerror": (c_char_p, [c_int]),
    "mr_options_new": (c_int, [POINTER(c_void_p), c_void_p]),
    "mr_options_set": (c_int, [c_void_p, c_int, c_int64]),
    "mr_options_set_text": (c_int, [c_void_p, c_int, c_char_p]),
    "mr_options_free": (None, [c_void_p]),
    "mr_message_new": (c_int, [POINTER(c_void_p), c_void_p, c_void_p]),
    "mr_message_set_from": (c_int, [c_void_p, c_char_p, c_char_p]),
    "mr_message_add_to": (c_int, [c_void_p, c_char_p, c_char_p]),
    "mr_message_set_subject": (c_int, [c_void_p, c_char_p]),
    "mr_message_set_text": (c_int, [c_void_p, c_char_p, c_size_t]),
    "mr_message_set_sender": (c_int, [c_void_p, c_char_p]),
    "mr_message_add_recipient": (c_int, [c_void_p, c_char_p]),
    "mr_message_set_raw_source": (c_int, [c_void_p, POINTER(Source), c_uint]),
    "mr_message_seal": (c_int, [c_void_p]),
    "mr_session_error": (POINTER(Error), [c_void_p]),
    "mr_message_size": (c_uint64, [c_void_p]),
    "mr_message_free": (None, [c_void_p]),
    "mr_session_new": (c_int, [POINTER(c_void_p), c_void_p, c_void_p]),
    "mr_session_connect": (c_int, [c_void_p, POINTER(SessionTarget), c_uint64]),
    "mr_session_submit": (
        c_int, [c_void_p, POINTER(c_uint64), POINTER(Transaction), c_uint64]),
    "mr_session_quit": (c_int, [c_void_p, c_uint64]),
    "mr_session_next": (POINTER(Event), [c_void_p]),
    "mr_session_deadline": (c_uint64, [c_void_p]),
    "mr_session_expire": (c_int, [c_void_p, c_uint64]),
    "mr_session_free": (None, [c_void_p]),
    "mr_channel_remote_address": (c_char_p, [c_void_p]),
    "mr_channel_remote_port": (c_int, [c_void_p]),
    "mr_channel_opened": (c_int, [c_void_p, c_char_p, c_uint64]),
    "mr_channel_recv": (c_int, [c_void_p, c_char_p, c_size_t, c_uint64]),
    "mr_channel_wants": (c_uint, [c_void_p]),
    "mr_channel_pending": (
        c_int, [c_void_p, c_size_t, POINTER(c_void_p), POINTER(c_size_t)]),
    "mr_channel_sent": (c_int, [c_void_p, c_size_t, c_uint64]),
    "mr_channel_closed": (c_int, [c_void_p, c_int, c_size_t, c_char_p, c_uint64]),
    "mr_channel_free": (None, [c_void_p]),
}


class MailError(Exception):
    def __init__(self, lib, code):
        super().__init__(lib.mr_strerror(code).decode())
        self.code = code


def load(path):
    lib = ctypes.CDLL(path)

    def check(result, function, arguments):
        if result < 0:
            raise MailError(lib, result)
        return result

    for name, (result, arguments) in PROTOTYPES.items():
        function = getattr(lib, name)
        function.restype = result
        function.argtypes = arguments
        if result is c_int:
            function.errcheck = check
    return lib


class Handle:
    """Something that `mr_<noun>_new` makes and `mr_<noun>_free` takes."""

    def __init__(self, lib, noun, *arguments):
        self.lib = lib
        self.pointer = c_void_p()
        self.release = getattr(lib, f"mr_{noun}_free")
        getattr(lib, f"mr_{noun}_new")(ctypes.byref(self.pointer), *arguments)

    def free(self):
        self.release(self.pointer)
        self.pointer = c_void_p()


def options(lib, numbers=(), texts=()):
    made = Handle(lib, "options", None)
    for key, value in numbers:
        lib.mr_options_set(made.pointer, key, value)
    for key, value in texts:
        lib.mr_options_set_text(made.pointer, key, value.encode())
    return made


def message(lib, sender, recipients, subject, text):
    made = Handle(lib, "message", None, None)
    data = text.encode()
    lib.mr_message_set_from(made.pointer, None, sender.encode())
    for address in recipients:
        lib.mr_message_add_to(made.pointer, None, address.encode())
    lib.mr_message_set_subject(made.pointer, subject.encode())
    lib.mr_message_set_text(made.pointer, data, len(data))
    lib.mr_message_seal(made.pointer)
    return made


def source_message(lib, sender, recipients, read):
    """Raw input that Python hands over piece by piece: read(offset, cap) -> bytes.

    An exception may not reach C, and what ctypes would then return is not defined: so
    whatever happens becomes an answer here.
    """

    def answer(user, offset, buffer, cap, length):
        try:
            piece = read(offset, cap)
            ctypes.memmove(buffer, piece, len(piece))
            length[0] = len(piece)
            return MR_OK
        except Exception:
            return MR_ERR_SOURCE

    made = Handle(lib, "message", None, None)
    source = Source(ctypes.sizeof(Source), None, READ(answer), RELEASE(), NEVER)
    made.keep = source  # the message calls it as long as it lives
    lib.mr_message_set_raw_source(made.pointer, ctypes.byref(source), 0)
    lib.mr_message_set_sender(made.pointer, sender.encode())
    for address in recipients:
        lib.mr_message_add_recipient(made.pointer, address.encode())
    lib.mr_message_seal(made.pointer)
    return made


def plain(structure):
    """A copy that outlives the event: numbers as they are, text decoded."""
    values = {}
    for name, kind in structure._fields_:
        value = getattr(structure, name)
        values[name] = value.decode() if kind is c_char_p and value is not None else value
    return collections.namedtuple(type(structure).__name__, values)(**values)


class Link(asyncio.Protocol):
    """One channel on one transport."""

    def __init__(self, session, channel):
        self.session = session
        self.lib = session.lib
        self.channel = channel
        self.transport = None
        self.over = False
        self.given = 0  # octets in the transport's hands

    def connection_made(self, transport):
        if self.over:
            transport.abort()
            return
        self.transport = transport
        # "Paused" then means that something is left in the transport's own buffer.
        transport.set_write_buffer_limits(high=0)
        local = transport.get_extra_info("sockname")[0]
        self.lib.mr_channel_opened(self.channel, local.encode(), self.session.now())
        self.session.pump()

    def data_received(self, data):
        if self.over:
            return
        try:
            self.lib.mr_channel_recv(self.channel, data, len(data), self.session.now())
        except MailError:
            pass  # the channel has failed: events tell the rest
        self.session.pump()

    def resume_writing(self):
        if not self.over:
            self.flush()
            self.session.pump()

    def eof_received(self):
        self.end(MR_CLOSE_EOF)
        return False

    def connection_lost(self, error):
        self.end(MR_CLOSE_RESET if error else MR_CLOSE_EOF)

    def refused(self, error):
        refused = isinstance(error, ConnectionRefusedError)
        self.end(MR_CLOSE_REFUSED if refused else MR_CLOSE_UNREACHABLE)

    def look(self):
        """What MR_EVENT_UPDATE asks for."""
        if self.over or self.transport is None:
            return
        if self.lib.mr_channel_wants(self.channel) & MR_WANT_READ:
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()
        self.flush()

    def flush(self):
        """Writes what is pending, and says `sent` for what the kernel has taken."""
        data, length = c_void_p(), c_size_t()
        # `sent` may end the channel: its CLOSE event is then still to come.
        while self.lib.mr_channel_wants(self.channel) & MR_WANT_WRITE:
            if self.given > self.transport.get_write_buffer_size():
                self.acknowledge()
                continue
            if self.given > 0 or self.transport.is_closing():
                return  # resume_writing or connection_lost follows
            self.lib.mr_channel_pending(
                self.channel, 0, ctypes.byref(data), ctypes.byref(length))
            self.given = length.value
            self.transport.write(ctypes.string_at(data, length.value))

    def acknowledge(self):
        done = self.given - self.transport.get_write_buffer_size()
        self.given -= done
        self.lib.mr_channel_sent(self.channel, done, self.session.now())

    def end(self, cause):
        """The network ended it."""
        if self.over:
            return
        self.over = True
        self.lib.mr_channel_closed(
            self.channel, cause, self.given, None, self.session.now())
        self.let_go()
        self.session.pump()

    def close(self):
        """The engine is done with it."""
        self.over = True
        if self.transport is not None:
            self.transport.close()
        self.let_go()

    def let_go(self):
        self.session.links.pop(self.channel, None)
        self.lib.mr_channel_free(self.channel)


class Session(Handle):
    def __init__(self, lib, settings=None):
        super().__init__(lib, "session", None, settings.pointer if settings else None)
        self.loop = asyncio.get_running_loop()
        self.links = {}
        self.timer = None
        self.tasks = set()
        self.events = asyncio.Queue()

    def now(self):
        return int(self.loop.time() * 1000)

    def connect(self, address, port):
        target = SessionTarget(
            size=ctypes.sizeof(SessionTarget), address=address.encode(), port=port)
        self.lib.mr_session_connect(self.pointer, ctypes.byref(target), self.now())
        self.pump()

    def submit(self, mail, tag=0):
        number = c_uint64()
        given = Transaction(
            size=ctypes.sizeof(Transaction), message=mail.pointer, tag=tag)
        self.lib.mr_session_submit(
            self.pointer, ctypes.byref(number), ctypes.byref(given), self.now())
        self.pump()
        return number.value

    def quit(self):
        self.lib.mr_session_quit(self.pointer, self.now())
        self.pump()

    def free(self):
        if self.timer is not None:
            self.timer.cancel()
        for link in list(self.links.values()):
            link.close()
        super().free()

    def pump(self):
        """After every input: takes all events, and sets the timer."""
        if not self.pointer:
            return
        while event := self.lib.mr_session_next(self.pointer):
            self.take(event.contents)
        deadline = self.lib.mr_session_deadline(self.pointer)
        if self.timer is not None:
            self.timer.cancel()
        self.timer = None
        if deadline != NEVER:
            self.timer = self.loop.call_at(deadline / 1000, self.expire)

    def expire(self):
        self.lib.mr_session_expire(self.pointer, self.now())
        self.pump()

    def take(self, event):
        if event.type == MR_EVENT_OPEN:
            self.open(event.channel)
        elif event.type == MR_EVENT_UPDATE:
            self.links[event.channel].look()
        elif event.type == MR_EVENT_CLOSE:
            self.links[event.channel].close()
        else:
            outcome = plain(event.outcome.contents) if event.outcome else None
            self.events.put_nowait((event.type, event.id, event.tag, outcome))

    def open(self, channel):
        link = self.links[channel] = Link(self, channel)
        task = self.loop.create_task(self.dial(link))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def dial(self, link):
        address = self.lib.mr_channel_remote_address(link.channel).decode()
        port = self.lib.mr_channel_remote_port(link.channel)
        try:
            await self.loop.create_connection(lambda: link, address, port)
        except OSError as error:
            link.refused(error)
