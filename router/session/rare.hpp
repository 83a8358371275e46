#pragma once
// A part of a session that few have, and none while it is idle: on the heap, made when it is first changed. Read, it is
// empty until then. Plain data of one session, used on its thread.

#include <memory>

namespace pgshoal::session {

template <class T>
class Rare {
 public:
  const T& operator*() const {
    static const T kEmpty{};
    return value_ == nullptr ? kEmpty : *value_;
  }
  const T* operator->() const { return &**this; }
  // To be changed; valid until Reset.
  T& Make() {
    if (value_ == nullptr) value_ = std::make_unique<T>();
    return *value_;
  }
  void Reset() { value_.reset(); }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace pgshoal::session
