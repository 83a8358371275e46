#pragma once
// TLS on a stream that is already connected. OpenSSL does the cryptography.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "router/net/deadline.hpp"
#include "router/net/stream.hpp"
#include "router/net/task.hpp"

namespace pgshoal::net {

enum class TlsPeerCheck {
  kNone,      // any certificate or none (libpq's sslmode require, without a root certificate)
  kIfGiven,   // server: a client may have none, but one it shows must be trusted
  kTrusted,   // a certificate that ca_file vouches for (verify-ca, clientcert)
  kHostName,  // client: trusted, and made out to the host that was asked for (verify-full)
};

enum class TlsVersion { kTls12, kTls13 };

struct TlsConfig {
  std::string cert_file;  // PEM, own certificate followed by intermediate ones; a server needs one
  std::string key_file;   // PEM, not encrypted
  std::string ca_file;    // PEM, who is trusted; required for every check but kNone. "system": the system's store
  std::string crl_file;   // PEM, optional
  TlsPeerCheck check = TlsPeerCheck::kNone;
  TlsVersion min_version = TlsVersion::kTls12;
  TlsVersion max_version = TlsVersion::kTls13;
  std::string ciphers;  // OpenSSL's list for TLS 1.2; empty for the default
};

// Certificates and rules, immutable and shared by any number of streams and threads. To reload, make a new one and
// start later streams with it: streams that run keep theirs.
class TlsContext {
 public:
  // INVALID_ARGUMENT naming the file and the reason.
  static absl::StatusOr<std::shared_ptr<const TlsContext>> Server(const TlsConfig& config);
  static absl::StatusOr<std::shared_ptr<const TlsContext>> Client(const TlsConfig& config);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  struct Impl;
  const Impl& impl() const { return *impl_; }
  explicit TlsContext(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

enum class TlsStart {
  // After an SSLRequest was answered with S. What has been written until now leaves unencrypted, before the handshake;
  // unconsumed input is an error, as bytes that came before the handshake may be a forger's (CVE-2021-23222).
  kAgreed,
  // The connection begins with TLS; Input() may hold the beginning of the handshake. The peer must choose the protocol
  // name "postgresql" (ALPN).
  kDirect,
};

// Makes the handshake; from then on the stream's input and output are what is inside TLS. `host_name` (client only) is
// sent as server name and checked if the context says so. Nothing may be written until it is done, and the stream must
// not be destroyed meanwhile but by destroying the task with it. The attached event stays attached.
// UNAUTHENTICATED when the peer's certificate is refused, DEADLINE_EXCEEDED, UNAVAILABLE, FAILED_PRECONDITION for
// unencrypted bytes. After an error the stream is only good for destroying.
Task<absl::Status> StartTls(Stream& stream, std::shared_ptr<const TlsContext> context, TlsStart start,
                            std::string host_name, Deadline deadline);

struct TlsInfo {
  std::string version;  // "TLSv1.3"
  std::string cipher;
  int cipher_bits = 0;
  // The peer's certificate; all empty when it has shown none.
  bool has_peer_certificate = false;
  bool peer_trusted = false;            // checked against ca_file and found good
  std::string peer_subject;             // RFC 2253
  std::string peer_common_name;         // empty when there is none or it holds a zero byte
  std::vector<std::string> peer_names;  // DNS names among the alternative ones
  std::string peer_issuer;
  std::string peer_serial;  // decimal
};

bool IsTls(const Stream& stream);
// Nothing when the stream is not encrypted.
std::optional<TlsInfo> GetTlsInfo(const Stream& stream);
// "TLSv1.3/TLS_AES_256_GCM_SHA384"; empty when the stream is not encrypted.
std::string TlsNameOf(const Stream& stream);
// RFC 5929's tls-server-end-point: the hash of the server's certificate, ours or the peer's. FAILED_PRECONDITION
// without TLS, UNIMPLEMENTED when the certificate's signature names no hash.
absl::StatusOr<std::string> TlsServerEndPoint(const Stream& stream);

}  // namespace pgshoal::net
