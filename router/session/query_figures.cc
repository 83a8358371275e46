#include "router/session/query_figures.hpp"

#include <algorithm>
#include <utility>

#include "base/operation_limits.hpp"
#include "parser/normalize.hpp"

namespace pgshoal::session {

QueryFiguresPtr QueryRegistry::For(std::string_view text) {
  std::string normalized = WithoutConstants(text);
  if (auto found = by_text_.find(normalized); found != by_text_.end()) return found->second;
  if (by_text_.size() >= limits::kMaxQueryFigures) ForgetHalf();
  auto figures = std::make_shared<QueryFigures>();
  figures->text = normalized;
  by_text_.emplace(std::move(normalized), figures);
  return figures;
}

std::vector<QueryFigures> QueryRegistry::All() const {
  std::vector<QueryFigures> all;
  for (const auto& [text, figures] : by_text_) {
    if (figures->calls > 0) all.push_back(*figures);
  }
  return all;
}

void QueryRegistry::ForgetHalf() {
  std::vector<std::pair<std::uint64_t, std::string>> by_calls;
  for (const auto& [text, figures] : by_text_) by_calls.emplace_back(figures->calls, text);
  const auto middle = by_calls.begin() + static_cast<std::ptrdiff_t>(by_calls.size() / 2);
  std::nth_element(by_calls.begin(), middle, by_calls.end());
  for (auto it = by_calls.begin(); it != middle; ++it) by_text_.erase(it->second);
}

std::string WithoutConstants(std::string_view text) {
  absl::StatusOr<parser::NormalizedText> normalized = parser::Normalize(text);
  if (!normalized.ok()) return "(not normalised)";
  std::string statement = std::move(normalized->text);
  if (statement.size() > limits::kMaxLoggedStatement) {
    std::size_t end = limits::kMaxLoggedStatement;
    while (end > 0 && (static_cast<unsigned char>(statement[end]) & 0xC0) == 0x80) --end;
    statement.resize(end);
    statement += " …";
  }
  return statement;
}

}  // namespace pgshoal::session
