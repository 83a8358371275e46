#!/usr/bin/env python3
"""The rules of the house, checked over the repository's files.

usage: check_house.py includes|readmes|limits|leftovers ROOT
       check_house.py headers ROOT BUILD_DIR

includes   who may include whom (rooms.json), and where third-party headers may be seen
readmes    every module has a README.md, of at most 20 lines in a room
limits     docs/limits.md lists every bound of base/limits.hpp and base/operation_limits.hpp with its value
leftovers  notes to oneself, paths of one machine, stray white space
headers    every header compiles alone: in the build, as the first thing of its source file, or else here, with the flags
           of a source file beside it (BUILD_DIR/compile_commands.json)

Prints one line for each offence as file:line: text; exit code 1 when there is one.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

RULES = json.loads((pathlib.Path(__file__).parent / "rooms.json").read_text())
SOURCE = {".hpp", ".cc"}
TEXT = SOURCE | {".py", ".sh", ".md", ".txt", ".cmake", ".json", ".toml", ".sql", ".map"}
SKIPPED = {".git", "build", "out", ".cache", "__pycache__"}
OWN_TOPS = {room.split("/")[0] for room in RULES["rooms"]} | set(RULES["outside"])
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def files(root, suffixes):
    for directory, names, entries in os.walk(root):
        names[:] = sorted(n for n in names if n not in SKIPPED)
        for entry in sorted(entries):
            path = pathlib.Path(directory, entry)
            if path.suffix in suffixes:
                yield path.relative_to(root)


def room_of(path):
    """The room that a path belongs to, '' for none, None for places outside of the rules."""
    parts = path.parts
    if parts[0] in RULES["outside"]:
        return None
    for room in ("/".join(parts[:2]), parts[0]):
        if room in RULES["rooms"]:
            return room
    return ""


def includes_of(root, path):
    """(line number, header, whether it is the project's) for each include of a file."""
    for number, line in enumerate((root / path).read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            header = match.group(2)
            own = match.group(1) == '"' and (pathlib.Path(header).parts[0] in OWN_TOPS or
                                             (root / path.parent / header).is_file())
            yield number, header, own


def third_party_seen(root, header, seen=None):
    """The third-party headers that including a header of the project brings along."""
    seen = set() if seen is None else seen
    if header in seen or not (root / header).is_file():
        return set()
    seen.add(header)
    found = set()
    for _, inner, own in includes_of(root, pathlib.Path(header)):
        found |= third_party_seen(root, inner, seen) if own else {inner}
    return found


def third_party_offence(path, room, header):
    for prefix, rooms in RULES["only_in"].items():
        if header.startswith(prefix) and room not in rooms:
            return f"{header} belongs in {', '.join(rooms)} only"
    if path.suffix == ".hpp" and any(header.startswith(p) for p in RULES["never_in_headers"]):
        return f"{header} is for source files, not for headers"
    return None


def own_offence(root, path, room, header):
    if not (root / header).is_file():
        return f'"{header}" is no file of the project, counted from its root'
    target = room_of(pathlib.Path(header))
    allowed = RULES["rooms"][room]
    if target != room and "*" not in allowed and target not in allowed:
        return f"{room} may not include {target or header}"
    if target == room:
        return None
    offences = (third_party_offence(path, room, seen) for seen in sorted(third_party_seen(root, header)))
    return next((f"through {header}: {offence}" for offence in offences if offence), None)


def check_includes(root):
    for path in files(root, SOURCE):
        room = room_of(path)
        if room is None:
            continue
        if room == "":
            yield f"{path}:1: this directory is not in tests/house/rooms.json"
            continue
        if path.suffix == ".hpp" and "#pragma once" not in (root / path).read_text().splitlines():
            yield f"{path}:1: no #pragma once"
        for number, header, own in includes_of(root, path):
            offence = own_offence(root, path, room, header) if own else third_party_offence(path, room, header)
            if offence:
                yield f"{path}:{number}: {offence}"


def check_readmes(root):
    rooms = {room for room in RULES["rooms"] if any((root / room).glob("*.cc")) or any((root / room).glob("*.hpp"))}
    for module in sorted(rooms | set(RULES["readmes"])):
        readme = root / module / "README.md"
        if not readme.is_file():
            yield f"{module}: no README.md"
        elif module in rooms and len(readme.read_text().splitlines()) > 20:
            yield f"{module}/README.md:21: longer than 20 lines"


def check_limits(root):
    constant = re.compile(r"inline constexpr \S+ (k\w+) = ([^;]+);")
    row = re.compile(r"\| ([0-9]+)( KiB| MiB| bytes)? \|.*\| `(k\w+)` \|$")
    units = {" KiB": 1 << 10, " MiB": 1 << 20}
    page = root / "docs/limits.md"
    listed = {}
    for line in page.read_text().splitlines() if page.is_file() else []:
        match = row.search(line)
        if match:
            listed[match.group(3)] = int(match.group(1)) * units.get(match.group(2), 1)
    headers = [path.read_text() for path in sorted((root / "base").glob("*limits.hpp"))]
    for name, expression in constant.findall("\n".join(headers)):
        literals = re.sub(r"(?<=[0-9a-f])u\b", "", expression.replace("'", ""))
        value = eval(literals, {"__builtins__": {}})  # of the project's own source: numbers and shifts
        if listed.pop(name, None) != value:
            yield f"docs/limits.md: {name} is to be listed with {value}"
    for name in listed:
        yield f"docs/limits.md: {name} is not in base/limits.hpp"


def check_leftovers(root):
    note = re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b")
    machine = re.compile(r"(?<![\w.}])/(wor" + r"k|hom" + r"e/\w+)/")
    for path in files(root, TEXT):
        text = (root / path).read_text(errors="replace")
        if text and not text.endswith("\n"):
            yield f"{path}: no newline at the end"
        for number, line in enumerate(text.splitlines(), 1):
            if note.search(line):
                yield f"{path}:{number}: a note to oneself"
            if machine.search(line):
                yield f"{path}:{number}: a path of one machine"
            if path.suffix in SOURCE and (line != line.rstrip() or "\t" in line):
                yield f"{path}:{number}: white space at the end of the line, or a tab"


def flags_by_directory(root, build):
    """Directory -> (compiler, flags) of a source file in it; '' -> those of any file of the rooms."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["file"])
        if not source.is_relative_to(root):
            continue
        words = shlex.split(entry["command"])
        if pathlib.Path(words[0]).name == "ccache":
            words = words[1:]
        flags, skip = [], False
        for word in words[1:]:
            if skip:
                skip = False
            elif word in ("-o", "-MF", "-MT", "-c"):
                skip = True
            elif word != "-MD" and not word.startswith(("-O", "-g")):
                flags.append(word)
        directory = str(source.relative_to(root).parent)
        found.setdefault(directory, (words[0], flags))
        if room_of(source.relative_to(root)):
            found.setdefault("", (words[0], flags))
    return found


def check_headers(root, build):
    flags = flags_by_directory(root, build)

    def compile_alone(path):
        directory = path.parent
        while str(directory) not in flags and directory != directory.parent:
            directory = directory.parent
        compiler, options = flags.get(str(directory)) or flags[""]
        run = subprocess.run([compiler, *options, "-O0", "-fsyntax-only", "-x", "c++", "-"], cwd=build, text=True,
                             input=f'#include "{path}"\n', stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return None if run.returncode == 0 else f"{path}: does not compile alone:\n{run.stdout[:2000]}"

    def built_alone(path):
        """The build compiles it first of all in the source file of the same name."""
        source = path.with_suffix(".cc")
        if source not in built:
            return False
        first = next(includes_of(root, source), None)
        return first is not None and first[1] == str(path)

    built = {pathlib.Path(entry["file"]).relative_to(root)
             for entry in json.loads((build / "compile_commands.json").read_text())
             if pathlib.Path(entry["file"]).is_relative_to(root)}
    headers = [path for path in files(root, {".hpp"}) if room_of(path)]
    if not headers:
        yield "no headers found"
    headers = [path for path in headers if not built_alone(path)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from filter(None, pool.map(compile_alone, headers))


def main(arguments):
    checks = {"includes": check_includes, "readmes": check_readmes, "limits": check_limits,
              "leftovers": check_leftovers, "headers": check_headers}
    if len(arguments) < 2 or arguments[0] not in checks:
        sys.exit(__doc__)
    offences = list(checks[arguments[0]](*(pathlib.Path(a).resolve() for a in arguments[1:])))
    for offence in offences:
        print(offence)
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
