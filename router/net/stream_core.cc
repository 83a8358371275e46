#include "router/net/stream_core.hpp"

#include <unistd.h>

#include <utility>

#include "router/net/reactor_core.hpp"
#include "router/net/tls_layer.hpp"
#include "router/net/traffic.hpp"

namespace pgshoal::net::internal {
namespace {

// A string of less capacity than this is one without memory of its own.
constexpr std::size_t kPooledCapacity = 64;

}  // namespace

StreamCore::StreamCore(int fd, bool is_unix) : fd(fd), is_unix(is_unix) {}

StreamCore::~StreamCore() {
  if (fd >= 0) close(fd);
}

void StreamCore::MarkDirty() {
  if (reactor != nullptr) reactor->MarkDirty(*this);
}

void StreamCore::PrepareOutput() {
  if (reactor == nullptr) return;
  if (out.empty() && out.capacity() < kPooledCapacity) reactor->strings().Get(&out);
  reactor->MarkDirty(*this);
}

void StreamCore::Consume(std::size_t n) {
  if (reactor == nullptr) return;
  input.Consume(n, reactor->blocks());
  if (stalled && WantsInput()) MarkDirty();
}

std::size_t StreamCore::PendingInTls() const {
  return tls->Pending();
}

void StreamCore::TakeOutput() {
  if (filter != nullptr && !out.empty()) filter->Rewrite(&out);
  if (tls != nullptr) {
    tls->TakeOutgoing(*this);
  } else if (!out.empty()) {
    sending.swap(out);
  }
}

void StreamCore::Sent(std::size_t n) {
  const std::size_t before = Pending();
  reactor->stats.sent_bytes += n;
  bytes_out += n;
  sent += n;
  if (sent == sending.size()) {
    sent = 0;
    reactor->strings().Put(std::move(sending));
    if (out.empty() && out.capacity() >= kPooledCapacity) reactor->strings().Put(std::move(out));
  }
  if (before > low_water && Pending() <= low_water) Notify();
}

void StreamCore::DropOutput() {
  // Who waits for room need not wait any longer.
  if (Pending() > low_water) Notify();
  std::string().swap(out);
  std::string().swap(sending);
  sent = 0;
}

void StreamCore::TakeInput(char* block, std::size_t size) {
  if (tls != nullptr) {
    Encrypted({block, size});
    reactor->blocks().Put(block, kSmallBlockSize);
    return;
  }
  reactor->stats.received_bytes += size;
  bytes_in += size;
  input.TakeSmallBlock(block, size, reactor->blocks());
  Notify();
}

void StreamCore::Encrypted(std::string_view bytes) {
  reactor->stats.received_bytes += bytes.size();
  bytes_in += bytes.size();
  tls->Receive(*this, bytes);
}

void StreamCore::InputFilled(std::size_t n) {
  reactor->stats.received_bytes += n;
  bytes_in += n;
  input.Filled(n);
  Notify();
}

void StreamCore::End() {
  if (eof || error != 0) return;
  eof = true;
  Notify();
}

void StreamCore::Fail(int errno_value) {
  if (error != 0) return;
  error = errno_value;
  Notify();
}

}  // namespace pgshoal::net::internal

namespace pgshoal::net {

Traffic TrafficOf(const Stream& stream) {
  return {stream.core().bytes_in, stream.core().bytes_out};
}

}  // namespace pgshoal::net
