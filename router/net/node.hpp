#pragma once
// Intrusive links by which waiting things sit in a reactor's lists without an allocation. A node that is destroyed
// takes itself out of the list it is in.

#include <cstdint>

namespace pgshoal::net::internal {

// A circular doubly linked list; a lone node is linked to itself. The head is a node as well.
struct ListNode {
  ListNode* prev = this;
  ListNode* next = this;

  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { Unlink(); }

  bool Linked() const { return next != this; }
  void Unlink() {
    prev->next = next;
    next->prev = prev;
    prev = next = this;
  }
  // REQUIRES: !node.Linked(). With this node as the list's head: puts `node` last.
  void PushBack(ListNode& node) {
    node.prev = prev;
    node.next = this;
    prev->next = &node;
    prev = &node;
  }
  // Moves all that follow this head behind `target`'s last.
  void SpliceInto(ListNode& target) {
    if (!Linked()) return;
    next->prev = target.prev;
    target.prev->next = next;
    prev->next = &target;
    target.prev = prev;
    prev = next = this;
  }
};

// Something to run in the next round of the reactor's loop.
struct ReadyNode : ListNode {
  void (*run)(ReadyNode*) = nullptr;
};

// Something to run when a time has come. The wheel owns `when` while the node is linked.
struct TimerNode : ListNode {
  void (*fire)(TimerNode*) = nullptr;
  std::uint64_t when = 0;  // milliseconds of the steady clock, rounded up
};

}  // namespace pgshoal::net::internal
