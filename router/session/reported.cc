#include "router/session/reported.hpp"

#include <algorithm>

namespace pgshoal::session {
namespace {

// With more differences than this, a login makes what others will share.
constexpr std::size_t kMostOwn = 2;

}  // namespace

void Reported::Start(const Map& parameters, Common* common) {
  const auto differ = [&] {
    own_.clear();
    for (const auto& [name, value] : parameters) {
      const auto it = (*common)->find(name);
      if (it == (*common)->end() || it->second != value) own_.emplace_back(name, value);
    }
    // A name that only the others know cannot be taken back.
    const bool covered = std::all_of((*common)->begin(), (*common)->end(),
                                     [&](const auto& known) { return parameters.contains(known.first); });
    return covered && own_.size() <= kMostOwn;
  };
  if (*common == nullptr || !differ()) {
    *common = std::make_shared<const Map>(parameters);
    own_.clear();
  }
  own_.shrink_to_fit();
  common_ = *common;
}

void Reported::StartAs(Common common, std::string_view name, std::string_view value) {
  common_ = std::move(common);
  own_.clear();
  if (const std::string* known = Find(name); known == nullptr || *known != value) own_.emplace_back(name, value);
}

bool Reported::Learn(std::string_view name, std::string_view value) {
  for (auto& [own_name, own_value] : own_) {
    if (own_name != name) continue;
    if (own_value == value) return false;
    own_value = std::string(value);
    return true;
  }
  if (const std::string* known = Find(name); known != nullptr && *known == value) return false;
  own_.emplace_back(name, value);
  return true;
}

const std::string* Reported::Find(std::string_view name) const {
  for (const auto& [own_name, own_value] : own_) {
    if (own_name == name) return &own_value;
  }
  if (common_ == nullptr) return nullptr;
  const auto it = common_->find(name);
  return it == common_->end() ? nullptr : &it->second;
}

Reported::Map Reported::All() const {
  Map all = common_ == nullptr ? Map() : *common_;
  for (const auto& [name, value] : own_) all[name] = value;
  return all;
}

}  // namespace pgshoal::session
