// shoalctl parse: what the parser makes of SQL. Text or trees for people, a line of JSON for each statement for programs.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "CLI/CLI.hpp"
#include "base/status.hpp"
#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "parser/normalize.hpp"
#include "parser/parser.hpp"
#include "parser/print.hpp"
#include "parser/walk.hpp"
#include "router/shoalctl/command.hpp"

namespace pgshoal::shoalctl {
namespace {

using Json = nlohmann::ordered_json;  // fields keep their order

struct Arguments {
  std::string file;
  bool tree = false;
  bool print = false;
  bool normalize = false;
  bool lines = false;
};

std::string Dump(const Json& document, int indent = -1) {
  return document.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string PrintScript(const parser::ParsedScript& script) {
  std::string text;
  for (const parser::Statement& statement : script.statements()) {
    if (!text.empty()) text += "; ";
    text += parser::Print(*statement.root);
  }
  return text;
}

Json TreesOf(const parser::ParsedScript& script) {
  Json trees = Json::array();
  for (const parser::Statement& statement : script.statements()) {
    trees.push_back(Json::parse(parser::DumpJson(statement.root), nullptr, false));
  }
  return trees;
}

Json ErrorObject(const SqlError& error) {
  Json object = {{"ok", false}, {"error", error.message}, {"sqlstate", error.sqlstate}, {"position", error.position}};
  if (!error.detail.empty()) object["detail"] = error.detail;
  if (!error.hint.empty()) object["hint"] = error.hint;
  return object;
}

// What a program gets for one text.
Json Report(std::string_view sql, bool with_trees) {
  auto script = parser::Parse(sql);
  if (!script.ok()) return ErrorObject(ToSqlError(script.status()));
  auto normalized = parser::Normalize(sql);
  if (!normalized.ok()) return ErrorObject(ToSqlError(normalized.status()));
  Json object = {{"ok", true}, {"print", PrintScript(**script)}, {"normalized", std::move(normalized->text)}};
  if (with_trees) object["trees"] = TreesOf(**script);
  return object;
}

// One object in, one out, line by line; each answer is written before the next line is read.
int AnswerLines(const Arguments& arguments, std::istream& in) {
  int code = kOk;
  std::string line;
  while (std::getline(in, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const Json request = Json::parse(line, nullptr, false);
    Json answer;
    if (request.is_object() && request.contains("sql") && request["sql"].is_string()) {
      answer = Report(request["sql"].get_ref<const std::string&>(), arguments.tree);
    } else {
      code = kRefused;
      answer = ErrorObject({std::string(sqlstate::kInvalidTextRepresentation),
                            "this line is no JSON object with a string \"sql\""});
    }
    fmt::print("{}\n", Dump(answer));
    fflush(stdout);
  }
  return in.bad() ? Fail(SqlStatus(sqlstate::kSystemError, "the input cannot be read to its end")) : code;
}

// The byte at which character `position` (from 1) begins.
std::size_t ByteOf(std::string_view text, int position) {
  std::size_t byte = 0;
  for (int left = position - 1; left > 0 && byte < text.size(); --left) {
    ++byte;
    while (byte < text.size() && (static_cast<unsigned char>(text[byte]) & 0xC0) == 0x80) ++byte;
  }
  return byte;
}

// "file:2:8: syntax error …", the line, and a mark below the place.
int FailAt(const std::string& name, std::string_view sql, const SqlError& error) {
  if (error.position == 0) {
    fmt::print(stderr, "shoalctl: {}: {} ({})\n", name, error.message, error.sqlstate);
    return kRefused;
  }
  const std::size_t byte = ByteOf(sql, error.position);
  const std::size_t before = sql.substr(0, byte).rfind('\n');
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  const std::string_view line = sql.substr(begin, sql.find('\n', begin) - begin);
  const auto number = std::count(sql.begin(), sql.begin() + static_cast<std::ptrdiff_t>(begin), '\n') + 1;
  std::string margin;  // as wide as the text before the mark, tabs kept
  for (char c : sql.substr(begin, byte - begin)) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) margin.push_back(c == '\t' ? '\t' : ' ');
  }
  const int column = parser::CharPosition(sql.substr(begin), static_cast<std::uint32_t>(byte - begin));
  fmt::print(stderr, "shoalctl: {}:{}:{}: {} ({})\n  {}\n  {}^\n", name, number, column, error.message, error.sqlstate,
             line, margin);
  if (!error.hint.empty()) fmt::print(stderr, "  hint: {}\n", error.hint);
  return kRefused;
}

int AnswerPerson(const Arguments& arguments, const std::string& name, const std::string& sql) {
  auto script = parser::Parse(sql);
  if (!script.ok()) return FailAt(name, sql, ToSqlError(script.status()));
  if (arguments.normalize) {
    auto normalized = parser::Normalize(sql);
    if (!normalized.ok()) return FailAt(name, sql, ToSqlError(normalized.status()));
    fmt::print("{}\n", normalized->text);
    for (const parser::NormalizedConstant& constant : normalized->constants) {
      fmt::print("${} = {}\n", constant.parameter, sql.substr(constant.begin, constant.end - constant.begin));
    }
    return kOk;
  }
  for (const parser::Statement& statement : (*script)->statements()) {
    if (arguments.tree) {
      fmt::print("{}\n", Dump(Json::parse(parser::DumpJson(statement.root), nullptr, false), 2));
    } else {
      fmt::print("{};\n", parser::Print(*statement.root));
    }
  }
  return kOk;
}

int Parse(const Context& context, const Arguments& arguments) {
  std::ifstream file;
  if (!arguments.file.empty()) {
    file.open(arguments.file, std::ios::binary);
    if (!file || std::filesystem::is_directory(arguments.file)) {
      return Fail(SqlStatus(sqlstate::kUndefinedFile, fmt::format("\"{}\" cannot be read", arguments.file)));
    }
  }
  std::istream& in = arguments.file.empty() ? std::cin : file;
  if (arguments.lines) return AnswerLines(arguments, in);
  const std::string sql{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) return Fail(SqlStatus(sqlstate::kSystemError, "the input cannot be read to its end"));
  if (context.json) {
    const Json answer = Report(sql, arguments.tree);
    fmt::print("{}\n", Dump(answer));
    return answer["ok"].get<bool>() ? kOk : kRefused;
  }
  return AnswerPerson(arguments, arguments.file.empty() ? "standard input" : arguments.file, sql);
}

}  // namespace

void AddParseCommand(CLI::App& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* parse = program.add_subcommand("parse", "Parse SQL and show what was understood");
  parse->fallthrough();
  parse->add_option("FILE", arguments->file, "SQL to read; standard input when left out");
  auto* print = parse->add_flag("--print", arguments->print, "Print each statement from its tree (the default)");
  auto* tree = parse->add_flag("--tree", arguments->tree, "Show the trees as JSON")->excludes(print);
  parse->add_flag("--normalize", arguments->normalize, "Print the text with constants as parameters, and their values")
      ->excludes(print)
      ->excludes(tree);
  parse->add_flag("--jsonl", arguments->lines,
                  "For programs: reads {\"sql\": …} line by line and answers each with one object");
  parse->callback([=, &context] { context.run = [=, &context] { return Parse(context, *arguments); }; });
}

}  // namespace pgshoal::shoalctl
