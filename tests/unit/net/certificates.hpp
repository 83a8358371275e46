#pragma once
// Throw-away certificates for tests.

#include <memory>
#include <string>

namespace pgshoal::net::testing {

// A key pair with a certificate, written as PEM files into a directory of its own that goes with the object.
class Certificate {
 public:
  // Signed by `issuer`, or by itself when there is none. `dns_name`, if any, becomes an alternative name.
  Certificate(const std::string& common_name, const std::string& dns_name, const Certificate* issuer);
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  std::string CertFile() const { return directory_ + "/cert.pem"; }
  std::string KeyFile() const { return directory_ + "/key.pem"; }
  std::string Sha256() const;  // of the certificate in DER

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string directory_;
};

}  // namespace pgshoal::net::testing
