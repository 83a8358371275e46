#include "parser/keywords.hpp"

#include <array>
#include <cstring>

namespace pgshoal::parser {

namespace {

constexpr Keyword kKeywords[] = {
#define PGSHOAL_KEYWORD(text, token, category, label) \
  {text, Tok::token, static_cast<uint8_t>(category | (label ? kBareLabel : 0))},
    PGSHOAL_KEYWORDS(PGSHOAL_KEYWORD)
#undef PGSHOAL_KEYWORD
};
constexpr std::size_t kCount = sizeof(kKeywords) / sizeof(kKeywords[0]);
constexpr std::size_t kLongest = 17;  // of which two ends of eight leave out one byte
constexpr std::size_t kSlots = 2048;  // open addressing, a quarter full

constexpr uint64_t Mix(uint64_t head, uint64_t tail, std::size_t size) {
  uint64_t h = (head * 0x9e3779b97f4a7c15ULL) ^ (tail * 0xc2b2ae3d27d4eb4fULL) ^ (size << 40);
  h *= 0xff51afd7ed558ccdULL;
  return h >> 53;
}

constexpr uint64_t Load(const char* text, std::size_t size) {
  uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
  return value;
}

constexpr uint64_t kFold = 0x2020202020202020ULL;

// The first and the last eight bytes of a keyword, folded as Fold does; of a shorter one all bytes twice.
struct Ends {
  uint64_t head, tail;
};

// Sets the bit that tells upper from lower case. Among the characters of words only letters of both cases, and no two
// others, become alike.
constexpr uint64_t Fold(uint64_t bytes, std::size_t size) {
  return size < 8 ? bytes | kFold >> (8 * (8 - size)) : bytes | kFold;
}

constexpr std::array<Ends, kCount> kEnds = [] {
  std::array<Ends, kCount> ends{};
  for (std::size_t i = 0; i < kCount; ++i) {
    std::string_view t = kKeywords[i].text;
    std::size_t n = t.size() < 8 ? t.size() : 8;
    ends[i] = {Fold(Load(t.data(), n), n), Fold(Load(t.data() + t.size() - n, n), n)};
  }
  return ends;
}();

constexpr std::array<uint16_t, kSlots> kTable = [] {
  std::array<uint16_t, kSlots> table{};
  for (std::size_t i = 0; i < kCount; ++i) {
    std::size_t slot = Mix(kEnds[i].head, kEnds[i].tail, kKeywords[i].text.size());
    while (table[slot] != 0) slot = (slot + 1) % kSlots;
    table[slot] = static_cast<uint16_t>(i + 1);
  }
  return table;
}();

inline uint64_t LoadFast(const char* text, std::size_t size) {
  if (size >= 8) {
    uint64_t value;
    std::memcpy(&value, text, 8);
    return value;
  }
  if (size >= 4) {
    uint32_t low, high;
    std::memcpy(&low, text, 4);
    std::memcpy(&high, text + size - 4, 4);
    return low | (uint64_t{high} << (8 * (size - 4)));
  }
  uint64_t value = static_cast<unsigned char>(text[0]);
  value |= uint64_t{static_cast<unsigned char>(text[size / 2])} << (8 * (size / 2));
  value |= uint64_t{static_cast<unsigned char>(text[size - 1])} << (8 * (size - 1));
  return value;
}

}  // namespace

std::span<const Keyword> Keywords() { return kKeywords; }

const Keyword* FindKeyword(std::string_view text) {
  std::size_t size = text.size();
  if (size < 2 || size > kLongest) return nullptr;
  const uint64_t head = Fold(LoadFast(text.data(), size), size);
  const uint64_t tail = size < 8 ? head : LoadFast(text.data() + size - 8, 8) | kFold;
  for (std::size_t slot = Mix(head, tail, size); kTable[slot] != 0; slot = (slot + 1) % kSlots) {
    const std::size_t index = kTable[slot] - 1u;
    if (kEnds[index].head != head || kEnds[index].tail != tail) continue;
    const Keyword& k = kKeywords[index];
    if (k.text.size() == size && (size <= 16 || (text[8] | 0x20) == k.text[8])) return &k;
  }
  return nullptr;
}

}  // namespace pgshoal::parser
