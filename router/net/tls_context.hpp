#pragma once
// TlsContext with OpenSSL's types: for .cc files only.

#include <openssl/ssl.h>

#include <string>

#include "router/net/tls.hpp"

namespace pgshoal::net {

struct TlsContext::Impl {
  ~Impl() { SSL_CTX_free(ctx); }
  SSL_CTX* ctx = nullptr;
  bool is_server = false;
  TlsPeerCheck check = TlsPeerCheck::kNone;
};

namespace internal {
// The first error in OpenSSL's queue of this thread, which is emptied.
std::string TakeOpenSslError();
}  // namespace internal

}  // namespace pgshoal::net
