#pragma once
// What is kept of a user to check what the user brings: a password, its md5 form, or a SCRAM verifier.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/synchronization/mutex.h"
#include "router/wire/scram.hpp"
#include "router/wire/secret.hpp"

namespace pgshoal::auth {

class StoredSecret {
 public:
  enum class Kind {
    kNone,   // nobody can log in with it
    kPlain,  // the password itself
    kMd5,    // "md5" and 32 hex digits
    kScram,  // "SCRAM-SHA-256$…"
  };

  StoredSecret() = default;
  // By its beginning, as PostgreSQL tells them apart; an empty text is kNone.
  explicit StoredSecret(std::string_view text);

  Kind kind() const { return kind_; }
  // As it was given.
  std::string_view text() const { return text_.view(); }

  // Whether `password`, in clear, is the right one.
  bool Accepts(std::string_view password, const std::string& user) const;
  // Whether `response` answers AuthenticationMD5Password with these four bytes of salt. False for kScram and kNone.
  bool AcceptsMd5(std::string_view response, std::string_view salt, const std::string& user) const;
  // For a SCRAM exchange; nothing for kMd5 and kNone. Of a password it is made at the first call (a millisecond) and
  // kept; any thread.
  std::optional<wire::ScramVerifier> Verifier() const;

 private:
  struct Made {
    absl::Mutex mutex;
    std::optional<wire::ScramVerifier> verifier ABSL_GUARDED_BY(mutex);
  };
  Kind kind_ = Kind::kNone;
  wire::Secret text_;
  std::shared_ptr<Made> made_;  // of kPlain and kScram; shared by copies
};

}  // namespace pgshoal::auth
