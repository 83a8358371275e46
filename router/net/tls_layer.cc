// OpenSSL reads from a view of the bytes just received and writes to a string: nothing is buffered in between, and an
// idle connection holds only OpenSSL's own state.

#include "router/net/tls_layer.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "router/net/reactor_core.hpp"
#include "router/net/stream_core.hpp"
#include "router/net/tls_context.hpp"

namespace pgshoal::net::internal {

struct TlsLayer::Engine {
  ~Engine() { SSL_free(ssl); }  // frees the BIO as well
  SSL* ssl = nullptr;
  std::string_view incoming;
  std::string* outgoing = nullptr;
};

namespace {

using Engine = TlsLayer::Engine;

int ReadIncoming(BIO* bio, char* into, std::size_t size, std::size_t* got) {
  auto& engine = *static_cast<Engine*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *got = std::min(size, engine.incoming.size());
  if (*got == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  std::memcpy(into, engine.incoming.data(), *got);
  engine.incoming.remove_prefix(*got);
  return 1;
}

int WriteOutgoing(BIO* bio, const char* from, std::size_t size, std::size_t* put) {
  auto& engine = *static_cast<Engine*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  engine.outgoing->append(from, size);
  *put = size;
  return 1;
}

long Control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* Method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream buffers");
    BIO_meth_set_read_ex(made, ReadIncoming);
    BIO_meth_set_write_ex(made, WriteOutgoing);
    BIO_meth_set_ctrl(made, Control);
    return made;
  }();
  return method;
}

bool IsNumericAddress(const std::string& host) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), address) == 1 || inet_pton(AF_INET6, host.c_str(), address) == 1;
}

void SetHostName(SSL* ssl, const std::string& host, bool check) {
  if (IsNumericAddress(host)) {
    if (check) X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
    return;
  }
  if (!host.empty()) SSL_set_tlsext_host_name(ssl, host.c_str());
  if (check) {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl, host.c_str());
  }
}

bool AgreedOnProtocol(SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(ssl, &name, &length);
  return std::string_view(reinterpret_cast<const char*>(name), length) == "postgresql";
}

}  // namespace

TlsLayer::TlsLayer(StreamCore& stream, std::shared_ptr<const TlsContext> context, bool direct,
                   const std::string& host_name)
    : context_(std::move(context)), engine_(std::make_unique<Engine>()), direct_(direct) {
  const TlsContext::Impl& impl = context_->impl();
  SSL* ssl = SSL_new(impl.ctx);
  BIO* bio = BIO_new(Method());
  if (ssl == nullptr || bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, engine_.get());
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  engine_->ssl = ssl;
  engine_->outgoing = &outgoing_;
  outgoing_.swap(stream.out);
  if (impl.is_server) {
    SSL_set_accept_state(ssl);
  } else {
    SSL_set_connect_state(ssl);
    SetHostName(ssl, host_name, impl.check == TlsPeerCheck::kHostName);
  }
}

TlsLayer::~TlsLayer() = default;

void TlsLayer::Begin(StreamCore& stream, std::string_view received) {
  Receive(stream, received);
}

void TlsLayer::Receive(StreamCore& stream, std::string_view bytes) {
  engine_->incoming = bytes;
  Advance(stream);
  engine_->incoming = {};
  if (!outgoing_.empty() && stream.error == 0) stream.MarkDirty();
}

void TlsLayer::Advance(StreamCore& stream) {
  if (!error_.empty()) return;
  ERR_clear_error();
  if (!ready_) Handshake(stream);
  if (ready_ && error_.empty()) Decrypt(stream);
}

void TlsLayer::Handshake(StreamCore& stream) {
  const int result = SSL_do_handshake(engine_->ssl);
  if (result != 1) {
    if (SSL_get_error(engine_->ssl, result) != SSL_ERROR_WANT_READ) Fail(stream);
    return;
  }
  if (direct_ && !AgreedOnProtocol(engine_->ssl)) {
    error_ = "the peer did not choose the protocol name \"postgresql\"";
    stream.Fail(EPROTO);
    return;
  }
  ready_ = true;
  stream.Notify();
}

void TlsLayer::Decrypt(StreamCore& stream) {
  BlockPool& pool = stream.reactor->blocks();
  bool received = false;
  for (;;) {
    const InputBuffer::Tail tail = stream.input.GetTail(pool);
    std::size_t got = 0;
    const int result = SSL_read_ex(engine_->ssl, tail.data, tail.size, &got);
    if (result == 1) {
      stream.input.Filled(got);
      received = true;
      continue;
    }
    stream.input.DropTail(pool);
    const int error = SSL_get_error(engine_->ssl, result);
    if (error == SSL_ERROR_ZERO_RETURN) {
      stream.End();
    } else if (error != SSL_ERROR_WANT_READ) {
      Fail(stream);
    }
    break;
  }
  if (received) stream.Notify();
}

void TlsLayer::Fail(StreamCore& stream) {
  const long verified = SSL_get_verify_result(engine_->ssl);
  if (verified != X509_V_OK && context_->impl().check != TlsPeerCheck::kNone) {
    refused_peer_ = true;
    error_ = fmt::format("certificate refused: {}", X509_verify_cert_error_string(verified));
    ERR_clear_error();
  } else {
    error_ = TakeOpenSslError();
  }
  stream.Fail(EPROTO);
}

void TlsLayer::TakeOutgoing(StreamCore& stream) {
  if (ready_ && error_.empty()) {
    ERR_clear_error();
    for (std::size_t done = 0; done < stream.out.size();) {
      std::size_t written = 0;
      const std::size_t n = std::min<std::size_t>(stream.out.size() - done, INT_MAX);
      if (SSL_write_ex(engine_->ssl, stream.out.data() + done, n, &written) != 1) {
        Fail(stream);
        return;
      }
      done += written;
    }
    stream.reactor->strings().Put(std::move(stream.out));
    if (stream.shutdown_wanted && !said_goodbye_) {
      SSL_shutdown(engine_->ssl);
      said_goodbye_ = true;
    }
  }
  stream.sending.swap(outgoing_);
  std::string().swap(outgoing_);
}

void TlsLayer::SendAlert(int fd) {
  if (!outgoing_.empty()) send(fd, outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  outgoing_.clear();
}

namespace {

std::string NameText(const X509_NAME* name) {
  BIO* bio = BIO_new(BIO_s_mem());
  X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

// As UTF-8; empty when it holds a zero byte, which would end it early for others.
std::string Text(const ASN1_STRING* string) {
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(&utf8, string);
  if (length < 0) return {};
  std::string text(reinterpret_cast<char*>(utf8), static_cast<std::size_t>(length));
  OPENSSL_free(utf8);
  return text.find('\0') == std::string::npos ? text : std::string();
}

std::string CommonName(const X509_NAME* name) {
  const int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (index < 0) return {};
  return Text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)));
}

std::vector<std::string> DnsNames(const X509* certificate) {
  std::vector<std::string> names;
  auto* alternatives =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives, i);
    if (name->type != GEN_DNS) continue;
    if (std::string text = Text(name->d.dNSName); !text.empty()) names.push_back(std::move(text));
  }
  GENERAL_NAMES_free(alternatives);
  return names;
}

std::string Serial(const X509* certificate) {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
  char* decimal = BN_bn2dec(number);
  std::string text = decimal == nullptr ? "" : decimal;
  OPENSSL_free(decimal);
  BN_free(number);
  return text;
}

}  // namespace

TlsInfo TlsLayer::Info() const {
  SSL* ssl = engine_->ssl;
  TlsInfo info;
  info.version = SSL_get_version(ssl);
  info.cipher = SSL_get_cipher_name(ssl);
  SSL_CIPHER_get_bits(SSL_get_current_cipher(ssl), &info.cipher_bits);
  const X509* peer = SSL_get0_peer_certificate(ssl);
  if (peer == nullptr) return info;
  info.has_peer_certificate = true;
  info.peer_trusted = context_->impl().check != TlsPeerCheck::kNone && SSL_get_verify_result(ssl) == X509_V_OK;
  info.peer_subject = NameText(X509_get_subject_name(peer));
  info.peer_common_name = CommonName(X509_get_subject_name(peer));
  info.peer_names = DnsNames(peer);
  info.peer_issuer = NameText(X509_get_issuer_name(peer));
  info.peer_serial = Serial(peer);
  return info;
}

absl::StatusOr<std::string> TlsLayer::ServerEndPoint() const {
  X509* certificate =
      context_->impl().is_server ? SSL_get_certificate(engine_->ssl) : SSL_get0_peer_certificate(engine_->ssl);
  int digest = NID_undef;
  if (certificate == nullptr || X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr) != 1 ||
      digest == NID_undef) {
    return absl::UnimplementedError("the server certificate's signature names no hash for channel binding");
  }
  // RFC 5929, section 4.1: SHA-256 in place of the weak ones.
  if (digest == NID_md5 || digest == NID_sha1) digest = NID_sha256;
  const EVP_MD* method = EVP_get_digestbynid(digest);
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (method == nullptr || X509_digest(certificate, method, hash, &length) != 1) {
    return absl::UnimplementedError("cannot hash the server certificate for channel binding");
  }
  return std::string(reinterpret_cast<char*>(hash), length);
}

}  // namespace pgshoal::net::internal
