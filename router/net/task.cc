// Free lists for coroutine frames: a size class for each 16 bytes, per thread, bounded.

#include "router/net/task.hpp"

#include <array>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define PGSHOAL_PLAIN_FRAMES 1  // let the sanitizer see every frame's end
#else
#define PGSHOAL_PLAIN_FRAMES 0
#endif

namespace pgshoal::net::internal {
namespace {

constexpr std::size_t kGranule = 16;
constexpr std::size_t kClasses = 128;        // frames up to 2 KiB
constexpr std::size_t kFramesPerClass = 64;  // kept per thread

struct FreeFrameNode {
  FreeFrameNode* next;
};

class FramePool {
 public:
  ~FramePool() {
    for (FreeFrameNode*& head : heads_) {
      while (head != nullptr) {
        FreeFrameNode* next = head->next;
        ::operator delete(head);
        head = next;
      }
    }
    closed_ = true;
  }
  void* Get(std::size_t index) {
    FreeFrameNode* node = heads_[index];
    if (node == nullptr) return ::operator new((index + 1) * kGranule);
    heads_[index] = node->next;
    --counts_[index];
    return node;
  }
  void Put(void* frame, std::size_t index) {
    if (closed_ || counts_[index] == kFramesPerClass) {
      ::operator delete(frame);
      return;
    }
    heads_[index] = new (frame) FreeFrameNode{heads_[index]};
    ++counts_[index];
  }

 private:
  std::array<FreeFrameNode*, kClasses> heads_{};
  std::array<std::size_t, kClasses> counts_{};
  bool closed_ = false;
};

thread_local FramePool frame_pool;

}  // namespace

void* AllocateFrame(std::size_t size) {
  const std::size_t index = (size - 1) / kGranule;
  if (PGSHOAL_PLAIN_FRAMES || index >= kClasses) return ::operator new(size);
  return frame_pool.Get(index);
}

void FreeFrame(void* frame, std::size_t size) noexcept {
  const std::size_t index = (size - 1) / kGranule;
  if (PGSHOAL_PLAIN_FRAMES || index >= kClasses) {
    ::operator delete(frame);
    return;
  }
  frame_pool.Put(frame, index);
}

}  // namespace pgshoal::net::internal
