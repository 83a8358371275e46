#pragma once
// LIMIT and OFFSET over a sequence of rows.

#include <cstdint>
#include <optional>

namespace pgshoal::merge {

class RowWindow {
 public:
  // REQUIRES: neither is below zero.
  RowWindow(std::optional<std::int64_t> limit, std::optional<std::int64_t> offset)
      : skip_(static_cast<std::uint64_t>(offset.value_or(0))),
        left_(limit.has_value() ? static_cast<std::uint64_t>(*limit) : UINT64_MAX) {}

  // Counts one row; true when it is inside the window.
  bool Admit() {
    if (skip_ > 0) {
      --skip_;
      return false;
    }
    if (left_ == 0) return false;
    --left_;
    return true;
  }
  // No later row can be inside.
  bool closed() const { return left_ == 0; }

 private:
  std::uint64_t skip_;
  std::uint64_t left_;
};

}  // namespace pgshoal::merge
