#pragma once
// PostgreSQL's extended hash functions with seed 0, over canonical values. The mixing is Bob Jenkins' lookup3 (public
// domain) in the arrangement PostgreSQL gives it; the tests hold every function against a live server.

#include <cstdint>
#include <span>
#include <string_view>

namespace pgshoal::shardmap {

// hash_any_extended and hash_uint32_extended.
[[nodiscard]] std::uint64_t HashBytes(std::string_view bytes);
[[nodiscard]] std::uint64_t HashUint32(std::uint32_t value);

// int2, int4, int8, timestamp and timestamptz (microseconds since 2000) hash alike.
[[nodiscard]] std::uint64_t HashInt64(std::int64_t value);

// char(n): trailing blanks do not count.
[[nodiscard]] std::string_view StripBlanks(std::string_view text);

}  // namespace pgshoal::shardmap
