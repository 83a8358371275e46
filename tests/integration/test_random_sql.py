#!/usr/bin/env python3
"""Random statements through the router over four shards and on one plain PostgreSQL with the same rows.

Every statement must either give the same answer (rows, in order where ORDER BY determines it; names and types of
columns; command tag; SQLSTATE of an error) or be refused with 0A000 and a hint. Tables are compared after writes.

PGSHOAL_RANDOM_SEED and PGSHOAL_RANDOM_COUNT choose other statements than the usual ones. What fails is printed in the
smallest form that still fails.
"""

import decimal
import os
import random
import re
import unittest

import harness
import query_client

SEED = int(os.environ.get("PGSHOAL_RANDOM_SEED", "20240607"))
COUNT = int(os.environ.get("PGSHOAL_RANDOM_COUNT", "2500"))
ROWS = 90
CHECK_CONTENTS_EVERY = 150  # writes
LEAST_ANSWERED, LEAST_SEVERAL = 0.45, 0.06  # shares of the statements

# Shapes whose answers are known to be wrong, as regular expressions: left out until they are right.
KNOWN_WRONG = []

MAP = """
[[column_rule]]
key = "uid"

[[table]]
name = "words"
key = "w"

[[table]]
name = "events"
key = "code"

[[table]]
name = "clicks"
key = "at"

[[table]]
name = "pairs"
key = ["a", "b"]
group = "pairs"

[[table]]
name = "regions"
kind = "reference"
"""

# Columns and their kinds: what the generator knows of a table. `id` is unique in every table.
TABLES = {
    "users": {"id": "int", "uid": "int", "region": "int", "age": "int2", "big": "int8", "name": "text",
              "email": "ctext", "tag": "varchar", "pad": "bpchar", "local": "icutext", "balance": "numeric",
              "free": "numeric", "score": "float8", "active": "bool", "born": "date", "made": "timestamp",
              "seen": "timestamptz", "code": "uuid"},
    "orders": {"id": "int", "uid": "int", "number": "int8", "item": "text", "amount": "numeric", "qty": "int",
               "placed": "date", "paid": "bool", "state": "varchar"},
    "words": {"id": "int", "w": "text", "v": "int", "n": "numeric", "uid2": "int", "d": "date"},
    "events": {"id": "int", "code": "uuid", "kind": "int2", "made": "timestamp", "body": "text"},
    "clicks": {"id": "int", "at": "timestamp", "x": "int", "y": "float8", "t": "text"},
    "pairs": {"id": "int", "a": "int", "b": "text", "v": "int", "n": "numeric"},
    "regions": {"id": "int", "rname": "text", "rank": "int", "vat": "numeric"},
    "local_notes": {"id": "int", "about": "int", "body": "text"},
}
KEYS = {"users": ["uid"], "orders": ["uid"], "words": ["w"], "events": ["code"], "clicks": ["at"], "pairs": ["a", "b"]}
SQL_TYPES = {"ctext": 'text COLLATE "C"', "icutext": 'text COLLATE "en-x-icu"', "varchar": "varchar(12)",
             "bpchar": "char(6)"}
INTEGERS = ("int", "int2", "int8")
TEXTS = ("text", "ctext", "varchar", "bpchar")
ALL_KINDS = ("int", "int2", "int8", "numeric", "float8", "text", "ctext", "varchar", "bpchar", "icutext", "bool",
             "date", "timestamp", "timestamptz", "uuid")
PARAMETER_TYPES = {"int": "int4", "ctext": "text", "icutext": "text"}
WORDS = ["", "a", "A", "b", "B", "ab", "a b", "Zed", "zed", "éa", "x%y", "it's", "_", "10", "9"]
UUIDS = [f"{i:02x}34abcd-0000-4000-8000-0000000000{i * 7 % 100:02d}" for i in range(0, 250, 21)]


def value(rng, kind):
    """The text of a random value; None is NULL."""
    if rng.random() < 0.06:
        return None
    if kind in INTEGERS:
        return str(rng.choice([rng.randint(-3, 25), rng.randint(-3, 25), rng.randint(-200, 300)]))
    if kind == "numeric":
        return rng.choice(["0", "1", "1.0", "1.00", "-2.50", "3.125", "10", "100.1", "-0.001", "7.5", "12.340", "25"])
    if kind == "float8":
        return str(rng.randint(-40, 40) / 4)  # sums are exact in any order
    if kind in ("text", "ctext", "varchar", "icutext"):
        return rng.choice(WORDS)
    if kind == "bpchar":
        return rng.choice([w for w in WORDS if len(w) < 5])
    if kind == "bool":
        return rng.choice(["t", "f"])
    if kind == "date":
        return f"20{rng.randint(19, 23)}-{rng.randint(1, 3):02d}-{rng.randint(1, 5):02d}"
    if kind == "timestamp":
        return f"2021-01-{rng.randint(1, 9):02d} {rng.randint(0, 2):02d}:00:{rng.choice(['00', '00.5', '59.999999'])}"
    if kind == "timestamptz":
        return f"2021-06-{rng.randint(1, 9):02d} 12:00:00+0{rng.randint(0, 3)}"
    if kind == "uuid":
        return rng.choice(UUIDS)
    raise ValueError(kind)


def literal(text, kind):
    if text is None:
        return "NULL"
    if kind in INTEGERS or kind == "numeric":
        return text if not text.startswith("-") else f"({text})"
    return "'" + text.replace("'", "''") + "'"


class Statement:
    """A statement whose constants are marks «n», so that they can be written out or be parameters."""

    def __init__(self, template, constants, ordered=False, loose=False, limited=False):
        self.template = template
        self.constants = constants  # (text, kind, cast)
        self.ordered = ordered      # rows have one order
        self.loose = loose          # equal values may be shown in different scales
        self.limited = limited      # which rows is not determined, but how many is

    def used(self):
        return [int(n) for n in re.findall("«([0-9]+)»", self.template)]

    def written_out(self):
        return re.sub("«([0-9]+)»", lambda m: literal(*self.constants[int(m[1])][:2]), self.template)

    def with_parameters(self, casts):
        numbers = []

        def place(match):
            text, kind, wants_cast = self.constants[int(match[1])]
            numbers.append(int(match[1]))
            return f"${len(numbers)}" + (f"::{PARAMETER_TYPES.get(kind, kind)}" if casts and wants_cast else "")
        sql = re.sub("«([0-9]+)»", place, self.template)
        return sql, [self.constants[n] for n in numbers]


class Select:
    """The parts of a SELECT, so that parts can be left out of one that fails."""

    def __init__(self):
        self.head = ""
        self.distinct = ""
        self.targets, self.where, self.group, self.having, self.order = [], [], [], [], []
        self.from_ = ""
        self.limit = self.offset = None
        self.tail = ""

    def render(self):
        text = f"{self.head}SELECT {self.distinct}{', '.join(self.targets)}"
        for word, parts, glue in ((" FROM ", [self.from_] if self.from_ else [], ""),
                                  (" WHERE ", self.where, " AND "), (" GROUP BY ", self.group, ", "),
                                  (" HAVING ", self.having, " AND "), (" ORDER BY ", self.order, ", ")):
            if parts:
                text += word + glue.join(parts)
        if self.limit is not None:
            text += f" LIMIT {self.limit}"
        if self.offset is not None:
            text += f" OFFSET {self.offset}"
        return text + self.tail

    def smaller(self):
        """Copies that lack one part."""
        for name in ("where", "having", "order", "targets", "group"):
            parts = getattr(self, name)
            for i in range(len(parts)):
                if name == "targets" and len(parts) == 1:
                    continue
                copy = self.copy()
                setattr(copy, name, parts[:i] + parts[i + 1:])
                yield copy
        for name, nothing in (("limit", None), ("offset", None), ("distinct", ""), ("tail", "")):
            if getattr(self, name) != nothing:
                copy = self.copy()
                setattr(copy, name, nothing)
                yield copy

    def copy(self):
        copy = Select()
        copy.__dict__.update({k: list(v) if isinstance(v, list) else v for k, v in self.__dict__.items()})
        return copy


class Generator:
    def __init__(self, rng):
        self.rng = rng
        self.constants = []
        self.aliases = 0

    # ---- leaves

    def chance(self, probability):
        return self.rng.random() < probability

    def constant(self, kind, text=..., cast=False):
        text = value(self.rng, kind) if text is ... else text
        self.constants.append((text, kind, cast))
        return f"«{len(self.constants) - 1}»"

    def alias(self):
        self.aliases += 1
        return f"t{self.aliases}"

    def columns(self, scope, kinds):
        """Columns of some kinds, as (text, kind)."""
        return [(f"{a}.{c}", k) for a, t in scope for c, k in (TABLES[t] if isinstance(t, str) else t).items()
                if k in kinds]

    def column(self, scope, kinds=ALL_KINDS):
        found = self.columns(scope, kinds)
        return self.rng.choice(found) if found else None

    # ---- conditions

    def key_condition(self, alias, table):
        """A condition that leaves one or a few shards."""
        r = self.rng
        conditions = []
        for key in KEYS[table]:
            kind = TABLES[table][key]
            column = f"{alias}.{key}"
            conditions.append(r.choice([
                lambda: f"{column} = {self.constant(kind)}",
                lambda: f"{self.constant(kind)} = {column}",
                lambda: f"{column} IN ({', '.join(self.constant(kind) for _ in range(r.randint(1, 3)))})",
                lambda: f"({column} = {self.constant(kind)} OR {column} = {self.constant(kind)})",
                lambda: f"{column} = {self.constant(kind)}::{SQL_TYPES.get(kind, kind).split(' ')[0]}",
                lambda: f"{column} IS NULL",
                lambda: f"{column} = ANY (ARRAY[{self.constant(kind)}, {self.constant(kind)}]::{kind}[])",
                lambda: f"{column} IS NOT DISTINCT FROM {self.constant(kind)}",
            ])())
        return " AND ".join(conditions)

    def scalar(self, scope, kind, depth=1):
        """An expression of a kind."""
        r = self.rng
        group = INTEGERS if kind in INTEGERS else TEXTS if kind in TEXTS else (kind,)
        column = self.column(scope, group)
        choice = r.random()
        if column is None or choice < 0.15:
            return self.constant(kind, cast=True) + f"::{PARAMETER_TYPES.get(kind, kind)}"
        if depth <= 0 or choice < 0.6:
            return column[0]
        if choice < 0.7:
            return f"CASE WHEN {self.condition(scope, depth - 1)} THEN {column[0]} " \
                   f"ELSE {self.scalar(scope, column[1], depth - 1)} END"
        if choice < 0.8:
            return f"coalesce({column[0]}, {self.constant(column[1])})"
        if kind in INTEGERS:
            return f"({column[0]} {r.choice('+-*')} {self.constant('int', str(r.randint(-3, 5)))})"
        if kind == "numeric":
            return f"({column[0]} {r.choice('+-*')} {self.constant('numeric', r.choice(['1.5', '2', '-0.25']))})"
        if kind in TEXTS:
            return r.choice([f"lower({column[0]})", f"({column[0]} || {self.constant('text')})", f"{column[0]}::text"])
        if kind == "date":
            return f"({column[0]} + {self.constant('int', str(r.randint(-3, 3)))})"
        return column[0]

    def condition(self, scope, depth=2, subqueries=True):
        r = self.rng
        choice = r.random()
        if depth > 0 and choice < 0.16:
            return f"({self.condition(scope, depth - 1)} AND {self.condition(scope, depth - 1)})"
        if depth > 0 and choice < 0.32:
            return f"({self.condition(scope, depth - 1)} OR {self.condition(scope, depth - 1)})"
        if depth > 0 and choice < 0.38:
            return f"NOT ({self.condition(scope, depth - 1)})"
        keyed = [(a, t) for a, t in scope if isinstance(t, str) and t in KEYS]
        if keyed and choice < 0.50:
            return self.key_condition(*r.choice(keyed))
        if depth > 0 and subqueries and choice < 0.54:
            return self.membership(scope)
        column, kind = self.column(scope)
        options = [
            lambda: f"{column} {r.choice(['=', '<>', '<', '>', '<=', '>='])} {self.constant(kind)}",
            lambda: f"{column} {r.choice(['=', '<>', '<', '>', '<=', '>='])} {self.scalar(scope, kind, depth - 1)}",
            lambda: f"{column} IS {r.choice(['', 'NOT '])}NULL",
            lambda: f"{column} {r.choice(['', 'NOT '])}IN ({self.constant(kind)}, {self.constant(kind)})",
            lambda: f"{column} {r.choice(['', 'NOT '])}BETWEEN {self.constant(kind)} AND {self.constant(kind)}",
            lambda: f"{column} IS {r.choice(['', 'NOT '])}DISTINCT FROM {self.constant(kind)}",
            lambda: f"CASE WHEN {column} = {self.constant(kind)} THEN {self.condition(scope, 0)} ELSE "
                    f"{r.choice(['true', 'false', 'NULL'])} END",
        ]
        if kind in TEXTS and kind != "bpchar":
            options.append(lambda: f"{column} LIKE {self.constant('text', r.choice(['a%', '%b%', '_', 'x%']))}")
        if kind in INTEGERS:
            options.append(lambda: f"{column} = {self.constant('numeric', r.choice(['1.0', '5', '2.5']))}::numeric")
            options.append(lambda: f"{column}::text = {self.constant('text', str(r.randint(0, 9)))}")
            options.append(lambda: f"{column} % 3 = {self.constant('int', '1')}")
        if kind == "bool":
            options.append(lambda: column)
        return r.choice(options)()

    def membership(self, scope):
        """IN or EXISTS with a subquery, on the key or off it."""
        r = self.rng
        table = r.choice(["users", "orders", "orders", "words", "regions", "local_notes"])
        alias = self.alias()
        inner = [(alias, table)]
        outer = self.column(scope, INTEGERS)
        uids = [f"{a}.uid" for a, t in scope if isinstance(t, str) and "uid" in TABLES[t]]
        if table in ("users", "orders") and uids and self.chance(0.8):
            mine, theirs = f"{alias}.uid", r.choice(uids)
        else:
            mine, theirs = self.column(inner, INTEGERS)[0], outer[0] if outer else "1"
        more = f" AND {self.condition(inner, 0)}" if self.chance(0.5) else ""
        if self.chance(0.5):
            return f"{r.choice(['', 'NOT '])}EXISTS (SELECT 1 FROM {table} {alias} WHERE {mine} = {theirs}{more})"
        return f"{theirs} {r.choice(['', '', 'NOT '])}IN (SELECT {mine} FROM {table} {alias} WHERE true{more})"

    # ---- FROM

    def from_clause(self):
        """(text, scope, order of unique columns): the unique columns of all items together identify a row."""
        r = self.rng
        choice = r.random()
        if choice < 0.55:
            table = r.choice(list(TABLES))
            alias = self.alias()
            return f"{table} {alias}", [(alias, table)]
        a, b = self.alias(), self.alias()
        join = r.choice(["JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", ","])
        pair = r.random()
        if pair < 0.55:
            left, right = r.choice([("users", "orders"), ("users", "orders"), ("orders", "users"), ("orders", "orders")])
            on = f"{a}.uid = {b}.uid"
            if join != "," and join != "FULL JOIN" and self.chance(0.15):
                on = f"{b}.uid = {a}.uid AND {self.condition([(a, left), (b, right)], 1, False)}"
        elif pair < 0.8:
            left, right = r.choice([("users", "regions"), ("users", "regions"), ("regions", "users")])
            on = f"{a}.region = {b}.id" if left == "users" else f"{b}.region = {a}.id"
        else:
            left, right = r.choice(list(TABLES)), r.choice(list(TABLES))
            x, y = self.column([(a, left)], INTEGERS), self.column([(b, right)], INTEGERS)
            on = f"{x[0]} = {y[0]}"
        scope = [(a, left), (b, right)]
        if join == ",":
            return f"{left} {a}, {right} {b}", scope, on
        text = f"{left} {a} {join} {right} {b} ON {on}"
        if self.chance(0.15):
            c = self.alias()
            key = f"{a if 'uid' in TABLES[left] else b}.uid" if "uid" in TABLES[left] or "uid" in TABLES[right] else None
            if key:
                text += f" {r.choice(['JOIN', 'LEFT JOIN'])} orders {c} ON {c}.uid = {key}"
                scope.append((c, "orders"))
        elif self.chance(0.08):
            c = self.alias()
            text = f"{text}, (SELECT {c}.uid AS id, count(*) AS n FROM orders {c} GROUP BY {c}.uid) {c}"
            scope.append((c, {"id": "int", "n": "int8"}))
        return text, scope

    # ---- SELECT

    def where(self, select, scope):
        keyed = [(a, t) for a, t in scope if isinstance(t, str) and t in KEYS]
        if keyed and self.chance(0.3):
            select.where.append(self.key_condition(*keyed[0]))
        while self.chance(0.45):
            select.where.append(self.condition(scope))

    def limits(self, select, statement):
        """LIMIT and OFFSET, of rows whose order is determined or not."""
        r = self.rng
        if self.chance(0.35):
            select.limit = r.choice([lambda: self.constant("int8", str(r.randint(0, 12))), lambda: "NULL",
                                     lambda: str(r.randint(0, 12)), lambda: self.constant("int8", None), lambda: "ALL",
                                     lambda: str(r.randint(1, 40))])()
            statement["limited"] = not statement["ordered"]
        if self.chance(0.15):
            select.offset = r.choice([lambda: self.constant("int8", str(r.randint(0, 9))), lambda: "NULL",
                                      lambda: str(r.randint(0, 5)), lambda: self.constant("int8", None)])()
            statement["limited"] = not statement["ordered"]

    def direction(self):
        return self.rng.choice(["", "", " ASC", " DESC", " DESC"]) + \
            self.rng.choice(["", "", "", " NULLS FIRST", " NULLS LAST"])

    def start(self):
        select = Select()
        text, scope, *on = self.from_clause()
        select.from_ = text
        select.where += on
        self.where(select, scope)
        return select, scope

    def plain(self):
        r = self.rng
        select, scope = self.start()
        flags = {"ordered": False, "limited": False, "loose": False}
        if self.chance(0.1):
            select.targets.append("*" if self.chance(0.5) else f"{scope[0][0]}.*")
        names = []
        for _ in range(r.randint(1, 5)):
            kind = r.choice(ALL_KINDS)
            text = self.scalar(scope, kind) if self.chance(0.3) else self.column(scope)[0]
            if self.chance(0.2):
                names.append(f"o{len(names)}")
                text += f" AS {names[-1]}"
            select.targets.append(text)
        if self.chance(0.04):
            select.targets.append(f"(SELECT count(*) FROM orders z WHERE z.uid = {self.column(scope, INTEGERS)[0]})")
        if self.chance(0.15):
            select.distinct = "DISTINCT "
            flags["loose"] = True
            if self.chance(0.6):
                select.order = [str(i + 1) + self.direction() for i in range(len(select.targets))
                                if not any("*" == t[-1] for t in select.targets)]
            self.limits(select, {"ordered": False})
            flags["limited"] = select.limit is not None or select.offset is not None
            return select, flags
        if self.chance(0.55):
            for _ in range(r.randint(0, 2)):
                pick = r.random()
                if pick < 0.2 and not any(t.endswith("*") for t in select.targets):
                    item = str(r.randint(1, len(select.targets)))
                elif pick < 0.3 and names:
                    item = r.choice(names)
                elif pick < 0.35:
                    item = self.scalar(scope, r.choice(ALL_KINDS))
                else:
                    item = self.column(scope)[0]
                select.order.append(item + self.direction())
            if self.chance(0.8):
                tail = [f"{a}.id" + self.direction() for a, _ in scope]
                r.shuffle(tail)
                select.order += tail
                flags["ordered"] = True
        self.limits(select, flags)
        return select, flags

    def aggregate(self, scope):
        r = self.rng
        distinct = "DISTINCT " if self.chance(0.08) else ""
        filter_ = f" FILTER (WHERE {self.condition(scope, 0)})" if self.chance(0.12) else ""
        name = r.choice(["count", "count", "sum", "sum", "avg", "min", "max", "count(*)", "other"])
        if name == "count(*)":
            return "count(*)" + filter_
        if name == "other":
            column = self.column(scope, INTEGERS + ("numeric",))
            return f"coalesce(sum({column[0]}), 0)" if self.chance(0.5) else f"sum({column[0]} * 2) + count(*)"
        kinds = {"count": ALL_KINDS, "sum": INTEGERS + ("numeric", "float8"), "avg": INTEGERS + ("numeric", "float8"),
                 "min": ALL_KINDS[:-6] + ("date", "timestamp", "timestamptz"),
                 "max": ALL_KINDS[:-6] + ("date", "timestamp", "timestamptz")}[name]
        return f"{name}({distinct}{self.column(scope, kinds)[0]}){filter_}"

    def grouped(self):
        r = self.rng
        select, scope = self.start()
        flags = {"ordered": False, "limited": False, "loose": True}
        keys = [self.column(scope)[0] if self.chance(0.85) else self.scalar(scope, r.choice(ALL_KINDS))
                for _ in range(r.choice([0, 0, 1, 1, 1, 2]))]
        shown = [k for k in keys if self.chance(0.85)]
        aggregates = [self.aggregate(scope) for _ in range(r.randint(0 if shown else 1, 3))]
        select.targets = shown + aggregates
        if self.chance(0.2):
            r.shuffle(select.targets)
        if self.chance(0.3):
            select.targets = [t + f" AS g{i}" if self.chance(0.5) else t for i, t in enumerate(select.targets)]
        select.group = [str(select.targets.index(k) + 1) if k in select.targets and self.chance(0.2) else k for k in keys]
        if self.chance(0.1) and keys:
            select.having = [r.choice([f"count(*) > {self.constant('int', str(r.randint(0, 4)))}",
                                       f"{keys[0]} IS NOT NULL"])]
        if self.chance(0.5):
            if self.chance(0.3):
                select.order.append(str(r.randint(1, len(select.targets))) + self.direction())
            elif self.chance(0.2):
                select.order.append(self.aggregate(scope) + self.direction())
            select.order += [k + self.direction() for k in keys]
            flags["ordered"] = True
        if not keys and select.order == []:
            flags["ordered"] = True
        self.limits(select, flags)
        return select, flags

    def unusual(self):
        """Shapes that planners stumble over."""
        r = self.rng
        c = lambda kind="int", text=...: self.constant(kind, text)
        uid = lambda: c("int", str(r.randint(-3, 12)))
        small = lambda: c("int", str(r.randint(0, 60)))
        cond = lambda *scope: self.condition(list(scope), 1, False)
        u, o = ("u", "users"), ("o", "orders")
        ordered = self.chance(0.5)
        tail = " ORDER BY u.id" + self.direction() if ordered else ""
        both = " ORDER BY u.id, o.id" if ordered else ""
        Generator.next_id += 1000
        fresh = Generator.next_id - 1000
        join = r.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
        aggregate = r.choice(["count(*)", "max(o.qty)", "sum(o.amount)", "min(o.id)"])
        text, loose = r.choice([
            lambda: (f"SELECT u.id, s.x FROM users u, LATERAL (SELECT {aggregate} AS x FROM orders o "
                     f"WHERE o.uid = {r.choice(['u.uid', uid()])} AND {cond(u, o)}) s{tail}", False),
            lambda: (f"SELECT u.id, s.x FROM users u LEFT JOIN LATERAL (SELECT o.id AS x FROM orders o "
                     f"WHERE o.uid = u.uid AND {cond(u, o)}) s ON {cond(u)}" +
                     (" ORDER BY u.id, s.x" if ordered else ""), False),
            lambda: (f"SELECT u.id, s.x FROM users u LEFT JOIN LATERAL (SELECT o.id AS x FROM orders o "
                     f"WHERE o.uid = u.uid ORDER BY o.id DESC LIMIT 1) s ON true WHERE {cond(u)}{tail}", False),
            lambda: (f"SELECT u.id, {aggregate} FROM users u {join} orders o ON u.uid = o.uid "
                     f"WHERE {cond(u, o)} GROUP BY u.id, u.uid" + (" ORDER BY 1" if ordered else ""), True),
            lambda: (f"SELECT uid, count(*) FROM users u {join} orders o USING (uid) "
                     f"WHERE {cond(u, o)} GROUP BY uid" + (" ORDER BY uid" if ordered else ""), False),
            lambda: (f"SELECT uid, u.id, o.id FROM users u {join} orders o USING (uid) "
                     f"WHERE {r.choice([f'uid = {uid()}', cond(u, o)])}{both}", False),
            lambda: (f"SELECT u.id, o.id FROM users u {join} orders o ON u.uid = o.uid AND {cond(u, o)} "
                     f"WHERE {cond(u, o)}{both}", False),
            lambda: (f"SELECT u.id, o.id FROM users u {join} orders o ON {cond(u, o)} "
                     f"WHERE {r.choice(['u', 'o'])}.uid = {uid()} AND u.uid = o.uid{both}", False),
            lambda: (f"SELECT (SELECT {r.choice(['count(*)', 'count(o.id)', 'max(o.qty + u.age)'])} "
                     f"FROM orders o WHERE o.uid = u.uid) FROM users u WHERE {cond(u)}", False),
            lambda: (f"SELECT (SELECT {r.choice(['count(u.id)', 'max(u.age)', 'sum(u.big)', 'sum(u.age + 1)'])}"
                     f"{r.choice(['', ' FROM regions g WHERE g.id = 3'])}) FROM users u WHERE {cond(u)}", False),
            lambda: (f"SELECT u.id FROM users u WHERE (u.uid, u.region) IN (({uid()}, {small()}), "
                     f"({uid()}, {small()})) OR {cond(u)}{tail}", False),
            lambda: (f"SELECT u.id FROM users u WHERE (u.uid, u.id) = ({uid()}, {small()}) OR "
                     f"(u.uid = {uid()} AND {cond(u)}){tail}", False),
            lambda: (f"SELECT u.uid, count(*), sum(u.age) FROM users u WHERE {cond(u)} GROUP BY u.uid "
                     f"HAVING {r.choice(['count(*) > 1', 'sum(u.age) > 3', 'u.uid > 0'])}"
                     + (" ORDER BY u.uid LIMIT 5" if ordered else ""), False),
            lambda: (f"SELECT DISTINCT ON (u.uid) u.uid, u.id FROM users u WHERE {cond(u)} ORDER BY u.uid, u.id DESC",
                     False),
            lambda: (f"SELECT u.id, count(*) OVER (PARTITION BY u.{r.choice(['uid', 'age'])}) FROM users u "
                     f"WHERE u.uid = {uid()} OR {cond(u)}{tail}", False),
            lambda: (f"SELECT u.id FROM users u WHERE u.uid {r.choice(['', 'NOT '])}IN (SELECT o.uid FROM orders o "
                     f"WHERE {r.choice([f'o.uid = {uid()}', 'o.uid = u.uid', cond(o)])}) AND {cond(u)}{tail}", False),
            lambda: (f"SELECT u.id FROM users u WHERE u.uid = {uid()} AND {r.choice(['', 'NOT '])}EXISTS (SELECT FROM "
                     f"orders o JOIN regions g ON g.id = o.qty WHERE o.uid = u.uid AND {cond(u, o)}){tail}", False),
            lambda: (f"SELECT u.id, v.x FROM users u {r.choice(['JOIN', 'LEFT JOIN', 'RIGHT JOIN'])} "
                     f"(VALUES ({uid()}::int, 'a'), ({uid()}, 'b')) v(n, x) ON u.uid = v.n"
                     + (" WHERE u.id > 3" if self.chance(0.3) else ""), False),
            lambda: (f"SELECT p.id, q.id FROM pairs p JOIN pairs q ON p.a = q.a AND p.b = q.b "
                     f"WHERE {cond(('p', 'pairs'))}" + (" ORDER BY p.id, q.id" if ordered else ""), False),
            lambda: (f"SELECT p.id FROM pairs p WHERE (p.a, p.b) IN (({uid()}, 'a'), ({uid()}, 'b'), "
                     f"({uid()}, {c('text')})) OR (p.a = {uid()} AND p.b IN ('a', {c('text')}))", False),
            lambda: (f"SELECT w.id, u.id FROM words w JOIN users u ON u.name = w.w WHERE w.w = {c('text')}", False),
            lambda: (f"SELECT u.id, o.id FROM users u, orders o, orders z WHERE u.uid = o.uid AND z.uid = "
                     f"{r.choice(['o.uid', 'u.uid', 'u.age'])} AND z.id = o.id + {small()} AND {cond(u, o)}{both}",
                     False),
            lambda: (f"SELECT s.x, s.y FROM (SELECT u.uid AS x, u.id AS y FROM users u WHERE {cond(u)}) s "
                     f"JOIN orders o ON o.uid = s.x WHERE s.x = {uid()}", False),
            lambda: (f"WITH c AS (SELECT uid, count(*) AS n FROM orders WHERE uid = {uid()} GROUP BY uid) "
                     f"SELECT u.id, c.n FROM c {r.choice(['JOIN', 'LEFT JOIN'])} users u ON u.uid = c.uid", False),
            lambda: (f"INSERT INTO orders (id, uid, qty) SELECT {fresh} + row_number() OVER (ORDER BY u.id), "
                     f"u.uid, {small()} FROM users u "
                     f"WHERE u.uid = {uid()} AND {cond(u)} RETURNING id, uid", False),
            lambda: (f"UPDATE orders SET qty = u.age FROM users u WHERE u.uid = orders.uid AND orders.uid = {uid()} "
                     f"AND u.id = {small()} RETURNING orders.id", False),
            lambda: (f"DELETE FROM orders USING users u WHERE u.uid = orders.uid AND u.uid = {uid()} "
                     f"AND u.id = {small()}", False),
            lambda: (f"UPDATE users SET age = (SELECT max(o.qty) % 100 FROM orders o WHERE o.uid = users.uid) "
                     f"WHERE uid = {uid()} RETURNING id, age", False),
        ])()
        return text, {"ordered": False, "limited": False, "loose": loose}

    def set_operation(self):
        """Branches with the same kinds of columns."""
        r = self.rng
        kinds = [r.choice(["int", "text", "numeric", "date"]) for _ in range(r.randint(1, 2))]
        branches = []
        for _ in range(r.choice([2, 2, 3])):
            table = r.choice([t for t in TABLES if all(self.columns([("x", t)], (k,)) for k in kinds)] or ["users"])
            alias = self.alias()
            branch = Select()
            branch.targets = [self.column([(alias, table)], (k,))[0] if self.columns([(alias, table)], (k,)) else
                              self.constant(k, cast=True) + f"::{k}" for k in kinds]
            branch.from_ = f"{table} {alias}"
            if table in KEYS and self.chance(0.7):
                branch.where.append(self.key_condition(alias, table))
            if self.chance(0.3):
                branch.where.append(self.condition([(alias, table)], 1))
            branches.append(branch.render())
        whole = Select()
        operator = r.choice(["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "UNION ALL"])
        whole.head = f" {operator} ".join(branches[:-1]) + f" {operator} "
        text = whole.head + branches[-1]
        if self.chance(0.5):
            text += " ORDER BY " + ", ".join(str(i + 1) + self.direction() for i in range(len(kinds)))
        return text, {"ordered": False, "limited": False, "loose": True}

    def wrapped(self):
        """A query in a subquery, a CTE or a scalar subquery."""
        r = self.rng
        inner, scope = self.start()
        while isinstance(scope[-1][1], dict):
            inner, scope = self.start()
        kinds = [self.column(scope) for _ in range(r.randint(1, 3))]
        inner.targets = [f"{c} AS c{i}" for i, (c, _) in enumerate(kinds)]
        shape = {f"c{i}": k for i, (_, k) in enumerate(kinds)}
        unique = " AND ".join(f"{a}.id IS NOT NULL" for a, _ in scope)
        if self.chance(0.2):
            inner.distinct = "DISTINCT "
        elif self.chance(0.2):
            inner.order = [f"{a}.id" for a, _ in scope]
            inner.limit = self.constant("int8", str(r.randint(0, 20)))
            inner.where.append(unique)
        outer = Select()
        q = self.alias()
        if self.chance(0.4):
            outer.head = f"WITH {q} AS {r.choice(['', 'MATERIALIZED ', 'NOT MATERIALIZED '])}({inner.render()}) "
            outer.from_ = q
        else:
            outer.from_ = f"({inner.render()}) {q}"
        outer_scope = [(q, shape)]
        if self.chance(0.25):
            alias = self.alias()
            table = r.choice(["users", "orders", "regions"])
            column = self.column(outer_scope, INTEGERS)
            key = r.choice(["uid", "id"]) if table != "regions" else "id"
            if column:
                outer.from_ += f" {r.choice(['JOIN', 'LEFT JOIN'])} {table} {alias} ON {alias}.{key} = {column[0]}"
        if self.chance(0.5):
            outer.where.append(self.condition(outer_scope, 1, False))
        flags = {"ordered": False, "limited": False, "loose": True}
        if self.chance(0.3):
            outer.targets = [self.aggregate(outer_scope) if self.columns(outer_scope, INTEGERS + ("numeric",)) and
                             self.columns(outer_scope, ("float8", "int", "int2", "int8")) else "count(*)"]
        else:
            outer.targets = [f"{q}.{c}" for c in shape if self.chance(0.8)] or ["*"]
            if self.chance(0.3):
                outer.order = [f"{q}.{r.choice(list(shape))}" + self.direction()]
        return outer, flags

    # ---- writing

    def write(self):
        r = self.rng
        table = r.choice(["users", "orders", "words", "events", "pairs", "clicks", "regions", "local_notes"])
        columns = TABLES[table]
        returning = ""
        if self.chance(0.5):
            returning = " RETURNING " + r.choice(["*", "id", ", ".join(r.sample(list(columns), 2))])
        kind = r.random()
        scope = [(table, table)]
        if kind < 0.35:
            chosen = ["id"] + [c for c in columns if c != "id" and (c in KEYS.get(table, ()) and self.chance(0.97)
                                                                   or self.chance(0.5))]
            r.shuffle(chosen)
            rows = []
            for _ in range(r.choice([1, 1, 1, 2, 3])):
                Generator.next_id += 1
                rows.append("(" + ", ".join(self.constant("int", str(Generator.next_id)) if c == "id" else
                                            self.constant(columns[c]) for c in chosen) + ")")
            conflict = r.choice(["", "", " ON CONFLICT DO NOTHING"])
            return f"INSERT INTO {table} ({', '.join(chosen)}) VALUES {', '.join(rows)}{conflict}{returning}"
        where = []
        if table in KEYS and self.chance(0.85):
            where.append(self.key_condition(table, table))
        if self.chance(0.5):
            where.append(self.condition(scope, 1, self.chance(0.2)))
        if table not in KEYS or self.chance(0.3):
            where.append(f"{table}.id % 7 = {self.constant('int', str(r.randint(0, 6)))}")
        if kind < 0.55:
            return f"DELETE FROM {table} WHERE {' AND '.join(where) or 'id = 3'}{returning}"
        targets = [c for c in columns if c != "id" and (c not in KEYS.get(table, ()) or self.chance(0.05))]
        sets = []
        for column in r.sample(targets, min(len(targets), r.randint(1, 3))):
            kind = columns[column]
            new = self.constant(kind)
            if kind == "int" and self.chance(0.4):
                new = f"{column} + {self.constant('int', str(r.randint(1, 3)))}"
            elif self.chance(0.2):
                new = f"CASE WHEN {self.condition(scope, 1, False)} THEN {self.constant(kind)} ELSE {column} END"
            sets.append(f"{column} = {new}")
        return f"UPDATE {table} SET {', '.join(sets)}" + (f" WHERE {' AND '.join(where)}" if where else "") + returning

    next_id = 100_000

    def statement(self):
        choice = self.rng.random()
        part = None
        flags = {"ordered": False, "limited": False, "loose": False}
        if choice < 0.34:
            part, flags = self.plain()
        elif choice < 0.46:
            part, flags = self.unusual()
        elif choice < 0.64:
            part, flags = self.grouped()
        elif choice < 0.72:
            part, flags = self.set_operation()
        elif choice < 0.80:
            part, flags = self.wrapped()
        else:
            part = self.write()
        text = part if isinstance(part, str) else part.render()
        return part, Statement(text, self.constants, flags["ordered"], flags["loose"], flags["limited"])


WAYS = ("simple", "untyped", "typed", "binary results", "cast parameters", "PREPARE")


def run(client, statement, way):
    """One statement's answer in one of the ways."""
    if way == "simple":
        return client.one(statement.written_out())
    if way == "binary results":
        return client.extended(statement.written_out(), result_format=1)
    sql, constants = statement.with_parameters(way == "cast parameters")
    kinds = [PARAMETER_TYPES.get(kind, kind) for _, kind, _ in constants]
    texts = [text for text, _, _ in constants]
    if way == "PREPARE":
        types = f"({', '.join(kinds)})" if kinds else ""
        made = client.one(f"PREPARE random_one{types} AS {sql}")
        if made.error:
            return made
        arguments = ", ".join("NULL" if t is None else literal(t, "text") for t in texts)
        answer = client.one(f"EXECUTE random_one({arguments})" if texts else "EXECUTE random_one")
        client.one("DEALLOCATE random_one")
        return answer
    parameters = []
    for kind, text in zip(kinds, texts):
        raw = None if text is None else text.encode()
        if way == "typed":
            packed = None if text is None or kind == "float8" else query_client.binary(kind, text)
            number = query_client.TYPES[kind]
            parameters.append(query_client.Parameter(number, packed, 1) if packed is not None else
                              query_client.Parameter(number, raw))
        else:
            parameters.append(query_client.Parameter(0, raw))
    return client.extended(sql, parameters, describe_statement=way == "untyped")


def plain_scale(row):
    """Numbers without the zeros at their end: 1.0 and 1.00 are one value, and either may stand for the group."""
    def plain(field):
        if field is not None and re.fullmatch(rb"-?[0-9]+\.[0-9]+", field):
            return str(decimal.Decimal(field.decode()).normalize() + 0).encode()
        return field
    return tuple(plain(field) for field in row)


def difference(answer, expected, statement, way):
    """What is wrong with an answer that is not a refusal; None when nothing is."""
    if (answer.error is None) != (expected.error is None):
        return "error"
    if expected.error is not None:
        return None if answer.error["C"] == expected.error["C"] else "SQLSTATE"
    # A NULL that is known when a portal is described may leave an expression a length that it has not otherwise.
    folded = any(statement.constants[n][0] is None for n in statement.used())
    shape = [[(c.name, c.type, c.length, folded or c.typmod, c.format, c.attribute, c.table != 0)
              for c in a.columns or ()] for a in (answer, expected)]
    if shape[0] != shape[1]:
        return "columns"
    if answer.tag != expected.tag:
        return "tag"
    if answer.parameters != expected.parameters:
        return "parameter types"
    if statement.limited:
        return None if len(answer.rows) == len(expected.rows) else "number of rows"
    rows, wanted = answer.rows, expected.rows
    if statement.loose and way == "binary results":
        return None if len(rows) == len(wanted) else "number of rows"
    if statement.loose:
        rows, wanted = [plain_scale(r) for r in rows], [plain_scale(r) for r in wanted]
    if not statement.ordered:
        rows, wanted = sorted(rows, key=repr), sorted(wanted, key=repr)
    return None if rows == wanted else "rows"


class RandomSqlTest(harness.RouterTestCase):
    MAP = MAP
    ARGUMENTS = ("--postgres-set", "fsync=off", "--postgres-set", "TimeZone=UTC")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.truth.cursor().execute(f"ALTER DATABASE {harness.DATABASE} SET TimeZone = 'UTC'")
        cls.connect_router()
        cls.addClassCleanup(lambda: cls.wire.close())
        cls.plain_wire = query_client.Client("127.0.0.1", cls.plain.port, harness.DATABASE, harness.USER)
        cls.addClassCleanup(cls.plain_wire.close)
        fill(cls.wire)
        fill(cls.plain_wire)
        shards = cls.dev.map()
        cls.home = cls.shard_connections[[s["name"] for s in shards["shard"]].index(shards["home"])]

    def test_random_statements(self):
        self.counts = dict.fromkeys(("answered", "refused", "failed alike", "several shards", "writes"), 0)
        self.writes = 0
        bugs = []
        for number in range(COUNT):
            rng = random.Random(SEED * 1_000_003 + number)
            part, statement = Generator(rng).statement()
            if any(re.search(shape, statement.template) for shape in KNOWN_WRONG):
                continue
            way = rng.choice(WAYS) if self.reads(statement) else rng.choice(WAYS[:5])
            bug = self.try_one(part, statement, way)
            # The same text but for its constants meets the plan that was kept of it.
            for _ in range(2 if self.reads(statement) and number % 3 == 0 else 0):
                again = [(value(rng, kind) if rng.random() < 0.7 else text, kind, cast)
                         for text, kind, cast in statement.constants]
                bug = bug or self.try_one(None, Statement(statement.template, again, statement.ordered, statement.loose,
                                                          statement.limited), way)
            if bug:
                bugs.append(f"#{number} {bug}")
                print(bugs[-1], flush=True)
                if len(bugs) >= 60:
                    break
        bugs += self.check_contents()
        total = sum(self.counts[k] for k in ("answered", "refused", "failed alike"))
        print(", ".join(f"{k}: {v}" for k, v in self.counts.items()), flush=True)
        self.assertFalse(bugs, "\n".join(bugs))
        self.assertGreater(self.counts["answered"], LEAST_ANSWERED * total)
        self.assertGreater(self.counts["several shards"], LEAST_SEVERAL * total)

    @classmethod
    def connect_router(cls):
        cls.wire = query_client.Client("127.0.0.1", cls.dev.port, harness.DATABASE, harness.USER)

    @staticmethod
    def reads(statement):
        return statement.template.startswith(("SELECT", "WITH"))

    def wrong(self, statement, way, count=False):
        """Runs a statement on both sides; (what is wrong or None, the answers)."""
        writes = not self.reads(statement)
        try:
            answer = run(self.wire, statement, way)
        except (query_client.Disconnected, TimeoutError) as gone:
            self.wire.close()
            if self.dev.process.poll() is not None:
                self.fail(f"the router ended with {self.dev.process.wait()} after [{way}] {statement.template} "
                          f"{[statement.constants[n] for n in statement.used()]}\n{self.dev.stderr()[-3000:]}")
            self.connect_router()
            answer = query_client.Answer()
            answer.error = {"C": "gone", "M": repr(gone)}
        if answer.error and answer.error["C"] == "0A000" and answer.error.get("H"):
            if count:
                self.counts["refused"] += 1
            return None, answer, None
        expected = run(self.plain_wire, statement, way)
        wrong = difference(answer, expected, statement, way)
        if count:
            self.counts["failed alike" if expected.error else "answered"] += 1
            self.counts["writes"] += writes and not expected.error
            self.counts["several shards"] += len(expected.rows) > 1 and self.reads(statement) and not expected.error \
                and not re.search(r"(uid|\.w|code|\.at|\.a|\.b) (=|IN|IS) ", statement.template) \
                and re.search(r"\b(users|orders|words|events|clicks|pairs)\b", statement.template) is not None
        return wrong, answer, expected

    def try_one(self, part, statement, way):
        wrong, answer, expected = self.wrong(statement, way, count=True)
        if wrong is None:
            if not self.reads(statement):
                self.writes += 1
                if self.writes % CHECK_CONTENTS_EVERY == 0:
                    found = self.check_contents()
                    return found[0] if found else None
            return None
        if isinstance(part, Select):
            part, statement = self.minimise(part, statement, way, wrong)
            _, answer, expected = self.wrong(statement, way)
        elif not self.reads(statement):
            self.even_out()
        sql = statement.written_out() if way in WAYS[:1] + WAYS[3:4] else \
            f"{statement.with_parameters(way == 'cast parameters')[0]}  -- " \
            f"{[(c[1], c[0]) for c in statement.with_parameters(False)[1]]}"
        return f"[{way}] {wrong}: {sql}\n    router     {answer}\n    PostgreSQL {expected}"

    def minimise(self, part, statement, way, wrong):
        again = True
        while again:
            again = False
            for smaller in part.smaller():
                ordered = statement.ordered and smaller.order == part.order
                limited = statement.limited or (statement.ordered and not ordered and
                                                (smaller.limit is not None or smaller.offset is not None))
                candidate = Statement(smaller.render(), statement.constants, ordered, statement.loose, limited)
                if self.wrong(candidate, way)[0] == wrong:
                    part, statement, again = smaller, candidate, True
                    break
        return part, statement

    # ---- contents

    def contents(self):
        """Tables that differ, with what is too little and what is too much."""
        found = []
        for table in TABLES:
            sql = f"SELECT coalesce(t::text, 'NULL') FROM {table} t"
            wanted = sorted(r[0] for r in harness.Answer(self.truth, sql).rows)
            if table == "local_notes":
                shards = [harness.Answer(self.home, sql).rows]
            else:
                shards = self.on_shards(sql)
            if table == "regions":
                for number, rows in enumerate(shards):
                    if sorted(r[0] for r in rows) != wanted:
                        found.append((table, f"shard {number}"))
                continue
            rows = sorted(r[0] for part in shards for r in part)
            if rows != wanted:
                found.append((table, f"missing {sorted(set(wanted) - set(rows))[:3]}, "
                                     f"wrong {sorted(set(rows) - set(wanted))[:3]}"))
        return found

    def check_contents(self):
        return [f"contents of {table} after writes: {what}" for table, what in self.contents()] and \
            [f"contents of {t}: {w}" for t, w in self.even_out()]

    def even_out(self):
        """Both sides get the same rows again."""
        found = self.contents()
        if found:
            for client in (self.wire, self.plain_wire):
                fill(client, again=True)
        return found

    def test_rows_lie_right(self):
        """After all that was written, every row is on the shard that owns its key; NULL keys in slot 0."""
        for table, row_hash in (("users", "hashint8extended(uid, 0)"), ("orders", "hashint8extended(uid, 0)"),
                                ("words", "hashtextextended(w, 0)"), ("events", "uuid_hash_extended(code, 0)"),
                                ("clicks", "timestamp_hash_extended(at, 0)")):
            full = 0
            for shard, connection in enumerate(self.shard_connections):
                first, last = (harness.SLOTS * n // self.SHARDS for n in (shard, shard + 1))
                slot = f"coalesce({row_hash} & {harness.SLOTS - 1}, 0)"
                rows = harness.Answer(connection, f"SELECT count(*) FILTER (WHERE {slot} < {first} OR {slot} >= {last}), "
                                                  f"count(*) FROM {table}").rows
                self.assertEqual(rows[0][0], 0, f"{table} on shard {shard}")
                full += rows[0][1] > 0
            self.assertGreater(full, 1, table)


def fill(client, again=False):
    """The tables with their rows; the same on every call."""
    rng = random.Random(1)

    def must(sql):
        answer = client.one(sql)
        if answer.error:
            raise AssertionError(f"{sql}: {answer.error}")
    for table, columns in TABLES.items():
        if again:
            must(f"DROP TABLE {table}")
        lines = [f"{c} {SQL_TYPES.get(k, k)}" for c, k in columns.items()]
        must(f"CREATE TABLE {table} ({', '.join(lines)})")
        for number in range(12 if table == "regions" else ROWS):
            values = [literal(str(number) if c == "id" else value(rng, k), k) for c, k in columns.items()]
            must(f"INSERT INTO {table} VALUES ({', '.join(values)})")


if __name__ == "__main__":
    unittest.main()
