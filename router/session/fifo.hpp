#pragma once
// A queue that keeps its memory when it runs empty: what a session asks of a server is a handful at a time, over and
// over again. (std::deque allocates for the first element and frees for the last.) What is taken gives up what it holds:
// by Drop(), when T has that.

#include <cstddef>
#include <utility>
#include <vector>

namespace pgshoal::session {

template <class T>
class Fifo {
 public:
  bool empty() const { return first_ == items_.size(); }
  std::size_t size() const { return items_.size() - first_; }
  auto begin() { return items_.begin() + static_cast<std::ptrdiff_t>(first_); }
  auto end() { return items_.end(); }
  auto begin() const { return items_.begin() + static_cast<std::ptrdiff_t>(first_); }
  auto end() const { return items_.end(); }

  // REQUIRES: !empty()
  T& front() { return items_[first_]; }
  const T& front() const { return items_[first_]; }
  T& back() { return items_.back(); }
  void pop_front() {
    T& taken = items_[first_++];
    if constexpr (requires { taken.Drop(); }) {
      taken.Drop();
    } else {
      taken = T();
    }
    if (empty()) {
      clear();
    } else if (first_ >= kMove && first_ * 2 >= items_.size()) {
      items_.erase(items_.begin(), begin());
      first_ = 0;
    }
  }
  void pop_back() {
    items_.pop_back();
    if (empty()) clear();
  }

  void push_back(T item) { items_.push_back(std::move(item)); }
  void clear() {
    items_.clear();
    first_ = 0;
  }

 private:
  static constexpr std::size_t kMove = 64;  // taken elements, before the rest moves up
  std::vector<T> items_;
  std::size_t first_ = 0;
};

}  // namespace pgshoal::session
