"""A client of protocol 3.0 that sends exactly what it is told to and shows every message that comes back.

    with wire_client.connect(port, user="postgres", database="app") as client:
        client.parse("", "SELECT $1::int").bind("", "", ["1"]).execute("").sync().flush()
        client.read()          # everything up to ReadyForQuery, as tuples of `shown`

Requests are collected until flush(), or until something is read.
"""

import socket
import struct

PROTOCOL = 3 << 16
SSL_REQUEST, GSSENC_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102
TIMEOUT = 20


class Closed(Exception):
    """The other side has closed the connection."""


def message(kind, body=b""):
    return kind.encode() + struct.pack("!i", len(body) + 4) + body


def packet(*parts):
    """A packet of the startup phase: it has no type."""
    body = b"".join(parts)
    return struct.pack("!i", len(body) + 4) + body


def zero(text):
    return (text if isinstance(text, bytes) else text.encode()) + b"\0"


def startup_packet(version=PROTOCOL, **parameters):
    pairs = b"".join(zero(name) + zero(value) for name, value in parameters.items())
    return packet(struct.pack("!i", version), pairs, b"\0")


def bind_body(portal, statement, values=(), formats=(), result_formats=()):
    body = zero(portal) + zero(statement) + struct.pack(f"!h{len(formats)}h", len(formats), *formats)
    body += struct.pack("!h", len(values))
    for value in values:
        if value is None:
            body += struct.pack("!i", -1)
        else:
            value = value if isinstance(value, bytes) else str(value).encode()
            body += struct.pack("!i", len(value)) + value
    return body + struct.pack(f"!h{len(result_formats)}h", len(result_formats), *result_formats)


def _strings(body):
    return [part.decode(errors="replace") for part in body.split(b"\0")]


def _fields(body):
    """The fields of an error or notice but file, line and routine, which tell where in a program it was made."""
    fields = {}
    for part in body.rstrip(b"\0").split(b"\0"):
        if part[:1] not in (b"F", b"L", b"R"):
            fields[part[:1].decode()] = part[1:].decode(errors="replace")
    return fields


def _columns(body):
    count, at, columns = struct.unpack_from("!h", body)[0], 2, []
    for _ in range(count):
        end = body.index(b"\0", at)
        table, number, kind, size, modifier, form = struct.unpack_from("!ihihih", body, end + 1)
        columns.append((body[at:end].decode(), table != 0, number, kind, size, modifier, form))
        at = end + 19
    return columns


def _values(body):
    count, at, values = struct.unpack_from("!h", body)[0], 2, []
    for _ in range(count):
        length = struct.unpack_from("!i", body, at)[0]
        at += 4
        values.append(None if length < 0 else body[at:at + length])
        at += max(length, 0)
    return values


def shown(kind, body):
    """A message as a tuple that two servers can be compared by: what belongs to one connection alone is left out."""
    if kind in "EN":
        return (kind, _fields(body))
    if kind in "CSA":
        return (kind, *_strings(body[4:] if kind == "A" else body)[:-1])
    if kind == "Z":
        return (kind, body.decode())
    if kind == "T":
        return (kind, _columns(body))
    if kind == "D":
        return (kind, _values(body))
    if kind == "R":
        return (kind, struct.unpack_from("!i", body)[0])
    if kind == "t":
        return (kind, list(struct.unpack_from(f"!{struct.unpack_from('!h', body)[0]}I", body, 2)))
    if kind in "GHW":
        return (kind, body[0], list(struct.unpack(f"!{(len(body) - 3) // 2}h", body[3:])))
    if kind == "d":
        return (kind, body)
    if kind == "v":
        return (kind, *struct.unpack_from("!ii", body), *_strings(body[8:])[:-1])
    return (kind,)


class Client:
    """One connection. Nothing has been sent yet."""

    def __init__(self, port, host="127.0.0.1", receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = port
        self.input, self.output = b"", b""
        self.pid = self.secret = None
        self.greeting = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- bytes
    def send(self, data):
        self.output += data
        return self

    def flush(self):
        data, self.output = self.output, b""
        try:
            self.socket.sendall(data)
        except ConnectionError:
            pass  # the end is seen when reading, after what was said before it
        return self

    def take(self, count):
        """Exactly so many bytes; Closed when the other side ends before."""
        if self.output:
            self.flush()
        while len(self.input) < count:
            try:
                more = self.socket.recv(65536)
            except ConnectionError:
                more = b""
            if not more:
                raise Closed
            self.input += more
        taken, self.input = self.input[:count], self.input[count:]
        return taken

    def next_raw(self):
        """(type, body) of the next message."""
        kind, length = struct.unpack("!ci", self.take(5))
        return kind.decode("latin-1"), self.take(length - 4)

    def next(self):
        """The next message as `shown`, ("closed",) at the end of the connection."""
        try:
            return shown(*self.next_raw())
        except Closed:
            return ("closed",)

    def read(self, until="Z"):
        """Everything up to and with the first message of one of these types, or up to the connection's end."""
        messages = [self.next()]
        while messages[-1][0] not in until and messages[-1][0] != "closed":
            messages.append(self.next())
        return messages

    def count(self, messages):
        """So many messages."""
        return [self.next() for _ in range(messages)]

    def silent(self, seconds=0.2):
        """Nothing comes for so long."""
        self.flush()
        self.socket.settimeout(seconds)
        try:
            more = self.socket.recv(65536)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(TIMEOUT)
        self.input += more
        return False

    # ---- startup
    def start(self, version=PROTOCOL, **parameters):
        """Logs in without a password; everything up to ReadyForQuery, or to the end, is kept in `greeting`."""
        self.send(startup_packet(version, **parameters)).flush()
        while not self.greeting or self.greeting[-1][0] not in ("Z", "closed"):
            try:
                kind, body = self.next_raw()
            except Closed:
                self.greeting.append(("closed",))
                break
            if kind == "K":
                self.pid, self.secret = struct.unpack("!iI", body)
            self.greeting.append(shown(kind, body))
        return self

    # ---- requests
    def query(self, sql):
        return self.send(message("Q", zero(sql)))

    def parse(self, name, sql, types=()):
        return self.send(message("P", zero(name) + zero(sql) + struct.pack(f"!h{len(types)}I", len(types), *types)))

    def bind(self, portal, statement, values=(), formats=(), result_formats=()):
        return self.send(message("B", bind_body(portal, statement, values, formats, result_formats)))

    def describe(self, kind, name):
        return self.send(message("D", kind.encode() + zero(name)))

    def execute(self, portal, rows=0):
        return self.send(message("E", zero(portal) + struct.pack("!i", rows)))

    def close_target(self, kind, name):
        return self.send(message("C", kind.encode() + zero(name)))

    def sync(self):
        return self.send(message("S"))

    def flush_request(self):
        return self.send(message("H"))

    def copy_data(self, data):
        return self.send(message("d", data))

    def copy_done(self):
        return self.send(message("c"))

    def copy_fail(self, why):
        return self.send(message("f", zero(why)))

    def run(self, sql, values=(), types=(), **how):
        """Parse, Bind, Describe and Execute by the unnamed statement and portal; no Sync."""
        return self.parse("", sql, types).bind("", "", values, **how).describe("P", "").execute("")

    def ask(self, sql):
        """A simple query's answer."""
        return self.query(sql).read()

    # ---- ends
    def cancel(self, secret=None):
        """Asks to cancel what runs here, from a connection of its own; back when the server has closed that."""
        with Client(self.port) as other:
            code = struct.pack("!iiI", CANCEL_REQUEST, self.pid, self.secret if secret is None else secret)
            other.send(packet(code)).flush()
            try:
                other.take(1)
            except Closed:
                return

    def close(self):
        self.socket.close()

    def vanish(self):
        """Closes with a reset, as after a crash."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def connect(port, receive_buffer=None, **parameters):
    """A client that is logged in."""
    client = Client(port, receive_buffer=receive_buffer).start(**{"user": "postgres", "database": "app", **parameters})
    if client.greeting[-1][0] != "Z":
        client.close()
        raise AssertionError(f"no login: {client.greeting}")
    return client
