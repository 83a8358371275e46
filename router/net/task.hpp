#pragma once
// Task<T>: a coroutine that starts when it is awaited and runs on one reactor thread.
//
// No exceptions cross it: an escaped one ends the process. A Task owns its frame; destroying a Task that is suspended
// destroys everything it was waiting for, from the innermost frame outwards. A task must not be destroyed by code that
// it is itself running.
//
// A child that finishes without suspending costs no trip through a scheduler and no stack: a loop may await any number
// of such children, at any optimisation level.

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace pgshoal::net {

template <class T>
class Task;

namespace internal {

// Frames come from a free list of the thread, so that a session's small coroutines cost no malloc.
void* AllocateFrame(std::size_t size);
void FreeFrame(void* frame, std::size_t size) noexcept;

struct PromiseBase {
  std::coroutine_handle<> continuation;
  bool starting = false;  // the awaiting frame is still on the stack, inside await_suspend

  static void* operator new(std::size_t size) { return AllocateFrame(size); }
  static void operator delete(void* frame, std::size_t size) { FreeFrame(frame, size); }

  std::suspend_always initial_suspend() const noexcept { return {}; }
  [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      PromiseBase& promise = self.promise();
      if (promise.starting || !promise.continuation) return std::noop_coroutine();
      return promise.continuation;
    }
    void await_resume() const noexcept {}
  };
  FinalAwaiter final_suspend() const noexcept { return {}; }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T Take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void Take() const noexcept {}
};

}  // namespace internal

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = internal::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool Valid() const noexcept { return static_cast<bool>(handle_); }

  // Starts the task and suspends the awaiting coroutine until it has returned. At most once.
  // REQUIRES: Valid()
  struct Awaiter {
    Handle handle;
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> parent) const {
      auto& promise = handle.promise();
      promise.continuation = parent;
      promise.starting = true;
      handle.resume();
      promise.starting = false;
      return !handle.done();
    }
    T await_resume() const { return handle.promise().Take(); }
  };
  Awaiter operator co_await() const noexcept { return Awaiter{handle_}; }

 private:
  Handle handle_ = nullptr;
};

namespace internal {
template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}
}  // namespace internal

}  // namespace pgshoal::net
