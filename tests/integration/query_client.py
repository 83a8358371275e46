"""A small client for whole statements that keeps every byte of their answers: simple and extended protocol, COPY.

    client = query_client.Client("127.0.0.1", 6432, "app", "postgres")
    first, second = client.simple("SELECT 1; SELECT 2")
    answer = client.extended("SELECT $1::int4", [Parameter(23, b"7")], result_format=1)
    answer.rows     # [(b"\\x00\\x00\\x00\\x07",)]
"""

import collections
import socket
import struct

Column = collections.namedtuple("Column", "name table attribute type length typmod format")
Parameter = collections.namedtuple("Parameter", "type value format", defaults=(0,))

# OIDs of built-in types; unknown: left to the server.
TYPES = {
    "unknown": 0, "bool": 16, "bytea": 17, "int8": 20, "int2": 21, "int4": 23, "text": 25, "float8": 701,
    "bpchar": 1042, "varchar": 1043, "date": 1082, "timestamp": 1114, "timestamptz": 1184, "numeric": 1700, "uuid": 2950,
}


def binary(type_name, text):
    """The binary form of a value given as text; None for a type without one here."""
    if type_name in ("int2", "int4", "int8"):
        return struct.pack({"int2": "!h", "int4": "!i", "int8": "!q"}[type_name], int(text))
    if type_name in ("text", "varchar", "bpchar"):
        return text.encode()
    if type_name == "bool":
        return b"\x01" if text[0] in "t1y" else b"\x00"
    if type_name == "uuid":
        return bytes.fromhex(text.replace("-", ""))
    if type_name == "float8":
        return struct.pack("!d", float(text))
    return None


class Answer:
    """What came back for one statement; `error` is a dict of the error's fields, or None."""

    def __init__(self):
        self.columns = None
        self.rows = []
        self.tag = None
        self.error = None
        self.parameters = None  # types of parameters, of a described statement
        self.copied = b""       # data of COPY TO STDOUT

    def __repr__(self):
        return f"Answer({self.error or (self.tag, self.columns, self.rows)})"


class Disconnected(Exception):
    """The server has closed the connection."""


class Client:
    def __init__(self, host, port, database, user, timeout=30, **settings):
        if host.startswith("/"):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(f"{host}/.s.PGSQL.{port}")
        else:
            self.socket = socket.create_connection((host, port), timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = b""
        self.status = None       # I, T or E, of the last ReadyForQuery
        self.key = None
        self.notices = []
        self.parameter_status = {}
        startup = {"user": user, "database": database, **settings}
        body = struct.pack("!i", 196608) + b"".join(
            f"{k}\0{v}\0".encode() for k, v in startup.items()) + b"\0"
        self.socket.sendall(struct.pack("!i", len(body) + 4) + body)
        while self.status is None:
            kind, body = self.receive()
            if kind == b"E":
                raise Disconnected(error_fields(body))

    def close(self):
        try:
            self.socket.sendall(b"X\0\0\0\4")
        except OSError:
            pass
        self.socket.close()

    # ---- messages

    def send(self, *messages):
        self.socket.sendall(b"".join(messages))

    def _fill(self, length):
        while len(self.input) < length:
            piece = self.socket.recv(65536)
            if not piece:
                raise Disconnected()
            self.input += piece

    def receive(self):
        """The next message that is not a notice or a parameter's status: its type and body."""
        while True:
            self._fill(5)
            length = struct.unpack("!i", self.input[1:5])[0] + 1
            self._fill(length)
            kind, body, self.input = self.input[:1], self.input[5:length], self.input[length:]
            if kind == b"N":
                self.notices.append(error_fields(body))
            elif kind == b"S":
                name, value = body.split(b"\0")[:2]
                self.parameter_status[name.decode()] = value.decode()
            else:
                if kind == b"Z":
                    self.status = body.decode()
                elif kind == b"K":
                    self.key = struct.unpack("!ii", body)
                return kind, body

    # ---- whole statements

    def simple(self, sql, copy_data=None):
        """Runs a simple query; one Answer for each statement that was begun. `copy_data`: what to send when the
        server asks for data, an iterable of pieces; a RuntimeError in it becomes CopyFail."""
        self.send(message(b"Q", sql.encode() + b"\0"))
        return self.collect(copy_data)

    def one(self, sql, copy_data=None):
        """The same for one statement."""
        answers = self.simple(sql, copy_data)
        if len(answers) != 1:
            raise AssertionError(f"{len(answers)} answers for {sql}: {answers}")
        return answers[0]

    def extended(self, sql, parameters=(), result_format=0, describe_statement=False, copy_data=None):
        """Parse, (Describe), Bind, Describe, Execute, Sync with the unnamed statement."""
        self.send(parse(b"", sql, [p.type for p in parameters]),
                  message(b"D", b"S\0") if describe_statement else b"",
                  bind(b"", b"", parameters, result_format),
                  message(b"D", b"P\0"), message(b"E", b"\0" + struct.pack("!i", 0)), message(b"S"))
        answers = self.collect(copy_data, sync=True)
        if len(answers) > 1:
            raise AssertionError(f"{len(answers)} answers for {sql}: {answers}")
        return answers[0] if answers else Answer()

    def collect(self, copy_data=None, sync=False):
        """Answers up to ReadyForQuery. `sync`: a COPY's data are followed by a Sync, as the first one was ignored."""
        answers, current = [], None
        while True:
            kind, body = self.receive()
            if kind == b"Z":
                if current is not None:
                    answers.append(current)
                return answers
            if current is None:
                current = Answer()
            if kind == b"T":
                current.columns = decode_columns(body)
            elif kind == b"t":
                count = struct.unpack("!h", body[:2])[0]
                current.parameters = list(struct.unpack(f"!{count}I", body[2:]))
            elif kind == b"D":
                current.rows.append(decode_row(body))
            elif kind == b"d":
                current.copied += body
            elif kind == b"G":
                self._feed(copy_data)
                if sync:
                    self.send(message(b"S"))
            elif kind == b"C":
                current.tag = body[:-1].decode()
                answers.append(current)
                current = None
            elif kind == b"I":
                current.tag = ""
                answers.append(current)
                current = None
            elif kind == b"E":
                current.error = error_fields(body)
                answers.append(current)
                current = None

    def _feed(self, copy_data):
        try:
            for piece in copy_data if copy_data is not None else ():
                self.send(message(b"d", piece))
        except RuntimeError as failure:
            self.send(message(b"f", str(failure).encode() + b"\0"))
        else:
            self.send(message(b"c"))


def message(kind, body=b""):
    return kind + struct.pack("!i", len(body) + 4) + body


def parse(name, sql, types=()):
    return message(b"P", name + b"\0" + sql.encode() + b"\0" + struct.pack(f"!h{len(types)}I", len(types), *types))


def bind(portal, statement, parameters=(), result_format=0):
    body = portal + b"\0" + statement + b"\0"
    body += struct.pack(f"!h{len(parameters)}h", len(parameters), *(p.format for p in parameters))
    body += struct.pack("!h", len(parameters))
    for parameter in parameters:
        if parameter.value is None:
            body += struct.pack("!i", -1)
        else:
            body += struct.pack("!i", len(parameter.value)) + parameter.value
    return message(b"B", body + struct.pack("!hh", 1, result_format))


def error_fields(body):
    fields = {}
    for field in body.split(b"\0"):
        if field:
            fields[chr(field[0])] = field[1:].decode(errors="replace")
    return fields


def decode_columns(body):
    columns, at = [], 2
    for _ in range(struct.unpack("!h", body[:2])[0]):
        end = body.index(b"\0", at)
        columns.append(Column(body[at:end].decode(), *struct.unpack("!IhIhih", body[end + 1:end + 19])))
        at = end + 19
    return columns


def decode_row(body):
    values, at = [], 2
    for _ in range(struct.unpack("!h", body[:2])[0]):
        length = struct.unpack("!i", body[at:at + 4])[0]
        at += 4
        if length < 0:
            values.append(None)
        else:
            values.append(body[at:at + length])
            at += length
    return tuple(values)


def cancel(port, key):
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(struct.pack("!iiii", 16, 80877102, *key))
        connection.recv(1)
