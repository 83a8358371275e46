#include "shardmap/pg_hash.hpp"

#include <bit>
#include <cstddef>

namespace pgshoal::shardmap {
namespace {

constexpr std::uint32_t kInitial = 0x9e3779b9u + 3923095u;

struct Lanes {
  std::uint32_t a, b, c;

  explicit Lanes(std::uint32_t length) : a(kInitial + length), b(a), c(a) {}

  void Mix() {
    a -= c, a ^= std::rotl(c, 4), c += b;
    b -= a, b ^= std::rotl(a, 6), a += c;
    c -= b, c ^= std::rotl(b, 8), b += a;
    a -= c, a ^= std::rotl(c, 16), c += b;
    b -= a, b ^= std::rotl(a, 19), a += c;
    c -= b, c ^= std::rotl(b, 4), b += a;
  }

  std::uint64_t Finish() {
    c ^= b, c -= std::rotl(b, 14);
    a ^= c, a -= std::rotl(c, 11);
    b ^= a, b -= std::rotl(a, 25);
    c ^= b, c -= std::rotl(b, 16);
    a ^= c, a -= std::rotl(c, 4);
    b ^= a, b -= std::rotl(a, 14);
    c ^= b, c -= std::rotl(b, 24);
    return (std::uint64_t{b} << 32) | c;
  }
};

// Up to four bytes, least significant first, whatever the machine's order.
std::uint32_t Load(const unsigned char* bytes, std::size_t count) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < count && i < 4; ++i) word |= std::uint32_t{bytes[i]} << (8 * i);
  return word;
}

}  // namespace

std::uint64_t HashBytes(std::string_view bytes) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t rest = bytes.size();
  Lanes lanes(static_cast<std::uint32_t>(bytes.size()));
  for (; rest >= 12; rest -= 12, at += 12) {
    lanes.a += Load(at, 4);
    lanes.b += Load(at + 4, 4);
    lanes.c += Load(at + 8, 4);
    lanes.Mix();
  }
  // The lowest byte of c belongs to the length, so the last bytes start at its second.
  lanes.a += Load(at, rest);
  if (rest > 4) lanes.b += Load(at + 4, rest - 4);
  if (rest > 8) lanes.c += Load(at + 8, rest - 8) << 8;
  return lanes.Finish();
}

std::uint64_t HashUint32(std::uint32_t value) {
  Lanes lanes(sizeof value);
  lanes.a += value;
  return lanes.Finish();
}

std::uint64_t HashInt64(std::int64_t value) {
  // Folded so that a value hashes as the same value of a narrower type does.
  const auto bits = static_cast<std::uint64_t>(value);
  const auto low = static_cast<std::uint32_t>(bits);
  const auto high = static_cast<std::uint32_t>(bits >> 32);
  return HashUint32(low ^ (value >= 0 ? high : ~high));
}

std::string_view StripBlanks(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace pgshoal::shardmap
