#include "parser/print.hpp"
namespace pgshoal::parser { std::string Print(const Node&) { return ""; } }
