#pragma once
// TLS between a stream's buffers and its socket, with OpenSSL's types hidden.

#include <memory>
#include <string>
#include <string_view>

#include "router/net/tls.hpp"

namespace pgshoal::net::internal {

class StreamCore;

class TlsLayer {
 public:
  // What is in the stream's output already is put before the handshake's bytes.
  TlsLayer(StreamCore& stream, std::shared_ptr<const TlsContext> context, bool direct, const std::string& host_name);
  ~TlsLayer();
  TlsLayer(const TlsLayer&) = delete;
  TlsLayer& operator=(const TlsLayer&) = delete;

  // Begins the handshake; `received` is what has already come of it.
  void Begin(StreamCore& stream, std::string_view received);
  // Bytes from the socket: decrypts into the stream's input, answers what the protocol asks for, ends or fails the
  // stream.
  void Receive(StreamCore& stream, std::string_view bytes);
  // Bytes for the socket: the stream's output encrypted, into stream.sending. REQUIRES: stream.sending.empty()
  void TakeOutgoing(StreamCore& stream);

  bool ready() const { return ready_; }                // the handshake is over
  bool said_goodbye() const { return said_goodbye_; }  // all output, and its end, has been taken
  std::size_t Pending() const { return outgoing_.size(); }
  const std::string& error() const { return error_; }  // of a failed handshake
  bool refused_peer() const { return refused_peer_; }
  // Tells the peer why the handshake failed, if the socket takes it.
  void SendAlert(int fd);

  TlsInfo Info() const;
  absl::StatusOr<std::string> ServerEndPoint() const;

  // For the callbacks of OpenSSL.
  struct Engine;

 private:
  void Advance(StreamCore& stream);
  void Handshake(StreamCore& stream);
  void Decrypt(StreamCore& stream);
  void Fail(StreamCore& stream);

  std::shared_ptr<const TlsContext> context_;
  std::unique_ptr<Engine> engine_;
  std::string outgoing_;
  std::string error_;
  bool direct_;
  bool ready_ = false;
  bool said_goodbye_ = false;
  bool refused_peer_ = false;
};

}  // namespace pgshoal::net::internal
