#pragma once
// SASLprep (RFC 4013): passwords that look alike are alike, however they were typed.

#include <string_view>

#include "router/wire/secret.hpp"

namespace pgshoal::wire {

// The password as SCRAM uses it. As PostgreSQL does, what is not UTF-8, what SASLprep forbids, and what nothing would
// be left of, is used as it stands; and so is ASCII, control characters and all.
Secret SaslPrep(std::string_view password);

}  // namespace pgshoal::wire
