#pragma once
// Why a server connection stays with its client after a transaction: something there belongs to the client alone and
// cannot follow it to another connection. A plain set; used on the session's thread.
//
// How a connection is pinned: before a statement runs whose plan says `may_pin`, Session::NoteEffects marks the
// connection as suspect. When the transaction is over, Session::Settle asks the server what there is (pins.cc) and sets
// the pins accordingly; Session::ReleaseBackends gives back only what has none. A pinned connection counts as lent. It is
// made as new (DISCARD ALL) before anybody else gets it, and a client whose pinned connection is lost is told FATAL.

#include <cstdint>

namespace pgshoal::session {

enum class Pin : std::uint8_t {
  kTemporary = 1,     // temporary relations
  kHeldCursor = 2,    // cursors declared WITH HOLD
  kAdvisoryLock = 4,  // session-level advisory locks
  kUnknown = 8,       // the server could not be asked
};

class Pins {
 public:
  bool Any() const { return bits_ != 0; }
  bool Has(Pin pin) const { return (bits_ & static_cast<std::uint8_t>(pin)) != 0; }
  void Set(Pin pin, bool holds = true) {
    const auto bit = static_cast<std::uint8_t>(pin);
    bits_ = static_cast<std::uint8_t>(holds ? bits_ | bit : bits_ & ~bit);
  }
  void Clear() { bits_ = 0; }

 private:
  std::uint8_t bits_ = 0;
};

}  // namespace pgshoal::session
