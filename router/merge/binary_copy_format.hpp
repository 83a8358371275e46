#pragma once
// The frame of COPY data in binary (PostgreSQL manual, COPY, "Binary Format").

#include <cstddef>
#include <string_view>

namespace pgshoal::merge {

inline constexpr std::string_view kBinarySignature("PGCOPY\n\377\r\n\0", 11);
// Signature, flags, length of the extension that follows.
inline constexpr std::size_t kBinaryHeaderSize = kBinarySignature.size() + 8;
// A header without flags and extension.
inline constexpr std::string_view kPlainBinaryHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
inline constexpr std::string_view kBinaryTrailer("\377\377", 2);

}  // namespace pgshoal::merge
