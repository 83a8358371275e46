#include "tests/unit/net/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>

namespace pgshoal::net::testing {

struct Certificate::Impl {
  ~Impl() {
    X509_free(x509);
    EVP_PKEY_free(key);
  }
  EVP_PKEY* key = nullptr;
  X509* x509 = nullptr;
};

namespace {

void AddExtension(X509* x509, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  X509_add_ext(x509, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

Certificate::Certificate(const std::string& common_name, const std::string& dns_name, const Certificate* issuer)
    : impl_(std::make_unique<Impl>()) {
  impl_->key = EVP_EC_gen("P-256");
  X509* x509 = impl_->x509 = X509_new();
  static long serial = 1000;
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509), 86400);
  X509_set_pubkey(x509, impl_->key);
  X509_NAME* name = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name.data()),
                             static_cast<int>(common_name.size()), -1, 0);
  X509* signer = issuer == nullptr ? x509 : issuer->impl_->x509;
  X509_set_issuer_name(x509, X509_get_subject_name(signer));
  if (issuer == nullptr) AddExtension(x509, signer, NID_basic_constraints, "critical,CA:TRUE");
  if (!dns_name.empty()) AddExtension(x509, signer, NID_subject_alt_name, "DNS:" + dns_name + ",IP:127.0.0.1");
  X509_sign(x509, issuer == nullptr ? impl_->key : issuer->impl_->key, EVP_sha256());

  char directory[] = "/tmp/pgshoal-cert-XXXXXX";
  directory_ = mkdtemp(directory);
  FILE* file = fopen(CertFile().c_str(), "w");
  PEM_write_X509(file, x509);
  fclose(file);
  file = fopen(KeyFile().c_str(), "w");
  PEM_write_PrivateKey(file, impl_->key, nullptr, nullptr, 0, nullptr, nullptr);
  fclose(file);
}

Certificate::~Certificate() {
  unlink(CertFile().c_str());
  unlink(KeyFile().c_str());
  rmdir(directory_.c_str());
}

std::string Certificate::Sha256() const {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  X509_digest(impl_->x509, EVP_sha256(), hash, &length);
  return std::string(reinterpret_cast<char*>(hash), length);
}

}  // namespace pgshoal::net::testing
