#pragma once
// Things with names, of which one may have the empty name: a client's prepared statements and portals. The unnamed one
// comes and goes with every query, and so has a place of its own that costs no memory to fill.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pgshoal::session {

template <class T>
class Named {
 public:
  // Null: there is none. Valid until the name is set, erased or cleared.
  T* Find(std::string_view name) {
    if (name.empty()) return unnamed_.has_value() ? &*unnamed_ : nullptr;
    auto it = named_.find(name);
    return it == named_.end() ? nullptr : &it->second;
  }
  bool Contains(std::string_view name) { return Find(name) != nullptr; }
  void Set(std::string_view name, T value) {
    if (name.empty()) {
      unnamed_ = std::move(value);
    } else {
      named_.insert_or_assign(std::string(name), std::move(value));
    }
  }
  // False: there was none.
  bool Erase(std::string_view name) {
    if (name.empty()) {
      const bool was_there = unnamed_.has_value();
      unnamed_.reset();
      return was_there;
    }
    auto it = named_.find(name);
    if (it == named_.end()) return false;
    named_.erase(it);
    return true;
  }
  void Clear() {
    unnamed_.reset();
    named_.clear();
  }
  std::size_t Size() const { return named_.size() + (unnamed_.has_value() ? 1 : 0); }
  // Without the unnamed one.
  const std::map<std::string, T, std::less<>>& named() const { return named_; }

 private:
  std::optional<T> unnamed_;
  std::map<std::string, T, std::less<>> named_;
};

}  // namespace pgshoal::session
