#!/usr/bin/env python3
"""check_house.py must find what it looks for: each test plants one offence in a small tree."""

import json
import pathlib
import tempfile
import unittest

import check_house


class CheckHouseTest(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.root = pathlib.Path(self.temporary.name).resolve()
        for module in check_house.RULES["readmes"]:
            self.write(f"{module}/README.md", "# A module\n")
        self.write("base/status.hpp", "#pragma once\n")
        self.write("parser/ast.hpp", '#pragma once\n#include "base/status.hpp"\n')

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def offences(self, check, *arguments):
        return list(check(self.root, *arguments))

    def assert_one(self, check, expected, *arguments):
        found = self.offences(check, *arguments)
        self.assertEqual(len(found), 1, found)
        self.assertIn(expected, found[0])

    def test_clean_tree(self):
        for check in (check_house.check_includes, check_house.check_readmes, check_house.check_leftovers):
            self.assertEqual(self.offences(check), [])

    def test_forbidden_edge(self):
        self.write("shardmap/map.cc", '#include "parser/ast.hpp"\n')
        self.assert_one(check_house.check_includes, "shardmap/map.cc:1: shardmap may not include parser")

    def test_forbidden_edge_out_of_a_subdirectory(self):
        self.write("parser/grammar/select.cc", '#include "router/net/stream.hpp"\n')
        self.write("router/net/stream.hpp", "#pragma once\n")
        self.assert_one(check_house.check_includes, "parser may not include router/net")

    def test_nobody_includes_session(self):
        self.write("router/session/session.hpp", "#pragma once\n")
        self.write("router/exec/pool.cc", '#include "router/session/session.hpp"\n')
        self.assert_one(check_house.check_includes, "router/exec may not include router/session")

    def test_include_that_is_not_counted_from_the_root(self):
        self.write("base/status.cc", '#include "status.hpp"\n')
        self.assert_one(check_house.check_includes, "is no file of the project")

    def test_room_that_nobody_declared(self):
        self.write("router/cellar/a.cc", "\n")
        self.assert_one(check_house.check_includes, "not in tests/house/rooms.json")

    def test_third_party_out_of_its_room(self):
        self.write("router/wire/reader.cc", "#include <liburing.h>\n")
        self.assert_one(check_house.check_includes, "liburing.h belongs in router/net only")

    def test_third_party_that_leaks_through_a_header(self):
        self.write("router/net/ring.hpp", "#pragma once\n#include <liburing.h>\n")
        self.write("router/net/stream.hpp", '#pragma once\n#include "router/net/ring.hpp"\n')
        self.write("router/exec/pool.cc", '#include "router/net/stream.hpp"\n')
        self.assert_one(check_house.check_includes, "through router/net/stream.hpp: liburing.h belongs in router/net")

    def test_third_party_in_a_header(self):
        self.write("router/main/config.hpp", "#pragma once\n#include <toml++/toml.h>\n")
        self.assert_one(check_house.check_includes, "for source files, not for headers")

    def test_header_without_guard(self):
        self.write("base/ids.hpp", "\n")
        self.assert_one(check_house.check_includes, "no #pragma once")

    def test_missing_readme(self):
        self.write("router/wire/reader.cc", "\n")
        self.assert_one(check_house.check_readmes, "router/wire: no README.md")

    def test_long_readme(self):
        self.write("parser/README.md", "line\n" * 21)
        self.assert_one(check_house.check_readmes, "longer than 20 lines")

    def test_limits_page(self):
        self.write("base/limits.hpp", "inline constexpr std::size_t kMax = 64u << 20;\n")
        self.write("docs/limits.md", "| most | 64 MiB | none | `kMax` |\n")
        self.assertEqual(self.offences(check_house.check_limits), [])
        self.write("docs/limits.md", "| most | 65 MiB | none | `kMax` |\n")
        self.assert_one(check_house.check_limits, "kMax is to be listed with 67108864")
        self.write("docs/limits.md", "| most | 64 MiB | none | `kMax` |\n| more | 1 | none | `kOld` |\n")
        self.assert_one(check_house.check_limits, "kOld is not in base/limits.hpp")

    def test_note_to_oneself(self):
        self.write("base/a.cc", "// TO" "DO: later\n")
        self.assert_one(check_house.check_leftovers, "base/a.cc:1: a note to oneself")

    def test_path_of_one_machine(self):
        self.write("docs/a.md", "see /wor" "k/main\n")
        self.assert_one(check_house.check_leftovers, "a path of one machine")

    def test_white_space(self):
        self.write("base/a.cc", "int a; \n")
        self.assert_one(check_house.check_leftovers, "white space")

    def test_header_that_leans_on_another(self):
        self.write("base/b.hpp", "#pragma once\nstd::string text;\n")
        self.write("base/b.cc", "#include <string>\n")
        command = f"c++ -std=c++20 -I{self.root} -o b.o -c {self.root}/base/b.cc"
        self.write("compile_commands.json",
                   json.dumps([{"file": f"{self.root}/base/b.cc", "directory": str(self.root), "command": command}]))
        self.assert_one(check_house.check_headers, "base/b.hpp: does not compile alone", self.root)


if __name__ == "__main__":
    unittest.main()
