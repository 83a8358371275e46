#pragma once
// Things with names, of which one may have the empty name: a client's prepared statements and portals. The unnamed one
// comes and goes with every query, and so has a place of its own. Thousands of clients have none of either: what is
// empty takes little room.

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace pgshoal::session {

template <class T>
class Named {
 public:
  using Map = std::map<std::string, T, std::less<>>;

  // Null: there is none. Valid until the name is set, erased or cleared.
  T* Find(std::string_view name) {
    if (name.empty()) return unnamed_ ? &*unnamed_ : nullptr;
    if (named_ == nullptr) return nullptr;
    auto it = named_->find(name);
    return it == named_->end() ? nullptr : &it->second;
  }
  bool Contains(std::string_view name) { return Find(name) != nullptr; }
  void Set(std::string_view name, T value) {
    if (!name.empty()) {
      if (named_ == nullptr) named_ = std::make_unique<Map>();
      named_->insert_or_assign(std::string(name), std::move(value));
    } else if constexpr (kSmall) {
      unnamed_ = std::move(value);
    } else if (unnamed_) {
      *unnamed_ = std::move(value);
    } else {
      unnamed_ = std::make_unique<T>(std::move(value));
    }
  }
  // False: there was none.
  bool Erase(std::string_view name) {
    if (name.empty()) {
      const bool was_there = static_cast<bool>(unnamed_);
      unnamed_.reset();
      return was_there;
    }
    if (named_ == nullptr) return false;
    auto it = named_->find(name);
    if (it == named_->end()) return false;
    named_->erase(it);
    if (named_->empty()) named_.reset();
    return true;
  }
  void Clear() {
    unnamed_.reset();
    named_.reset();
  }
  void ClearNamed() { named_.reset(); }
  std::size_t Size() const { return named().size() + (unnamed_ ? 1 : 0); }
  // Without the unnamed one.
  const Map& named() const {
    static const Map kNone;
    return named_ == nullptr ? kNone : *named_;
  }

 private:
  static constexpr bool kSmall = sizeof(T) <= 2 * sizeof(void*);
  std::conditional_t<kSmall, std::optional<T>, std::unique_ptr<T>> unnamed_;
  std::unique_ptr<Map> named_;  // null rather than empty
};

}  // namespace pgshoal::session
