#include "router/wire/encoding.hpp"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <mutex>

#include "base/status.hpp"

namespace pgshoal::wire {
namespace {

constexpr EncodingKind kSingle = EncodingKind::kSingleByte, kMulti = EncodingKind::kMultiByte;
constexpr std::string_view kUntranslatableCharacter = "22P05";

constexpr std::array<Encoding, 42> kEncodings = {{
    {"SQL_ASCII", EncodingKind::kAscii, ""}, {"UTF8", EncodingKind::kUtf8, ""},
    {"EUC_JP", kMulti, ""}, {"EUC_CN", kMulti, ""}, {"EUC_KR", kMulti, ""}, {"EUC_TW", kMulti, ""},
    {"EUC_JIS_2004", kMulti, ""}, {"MULE_INTERNAL", kMulti, ""}, {"SJIS", kMulti, ""}, {"BIG5", kMulti, ""},
    {"GBK", kMulti, ""}, {"UHC", kMulti, ""}, {"GB18030", kMulti, ""}, {"JOHAB", kMulti, ""},
    {"SHIFT_JIS_2004", kMulti, ""},
    {"LATIN1", kSingle, "ISO-8859-1"}, {"LATIN2", kSingle, "ISO-8859-2"}, {"LATIN3", kSingle, "ISO-8859-3"},
    {"LATIN4", kSingle, "ISO-8859-4"}, {"LATIN5", kSingle, "ISO-8859-9"}, {"LATIN6", kSingle, "ISO-8859-10"},
    {"LATIN7", kSingle, "ISO-8859-13"}, {"LATIN8", kSingle, "ISO-8859-14"}, {"LATIN9", kSingle, "ISO-8859-15"},
    {"LATIN10", kSingle, "ISO-8859-16"}, {"ISO_8859_5", kSingle, "ISO-8859-5"},
    {"ISO_8859_6", kSingle, "ISO-8859-6"}, {"ISO_8859_7", kSingle, "ISO-8859-7"},
    {"ISO_8859_8", kSingle, "ISO-8859-8"}, {"WIN866", kSingle, "CP866"}, {"WIN874", kSingle, "CP874"},
    {"WIN1250", kSingle, "CP1250"}, {"WIN1251", kSingle, "CP1251"}, {"WIN1252", kSingle, "CP1252"},
    {"WIN1253", kSingle, "CP1253"}, {"WIN1254", kSingle, "CP1254"}, {"WIN1255", kSingle, "CP1255"},
    {"WIN1256", kSingle, "CP1256"}, {"WIN1257", kSingle, "CP1257"}, {"WIN1258", kSingle, "CP1258"},
    {"KOI8R", kSingle, "KOI8-R"}, {"KOI8U", kSingle, "KOI8-U"},
}};

// Other names, cleaned, and those above that they stand for. windowsN is winN.
constexpr std::array<std::pair<std::string_view, std::string_view>, 28> kAliases = {{
    {"abc", "WIN1258"},       {"alt", "WIN866"},        {"iso88591", "LATIN1"},   {"iso885910", "LATIN6"},
    {"iso885913", "LATIN7"},  {"iso885914", "LATIN8"},  {"iso885915", "LATIN9"},  {"iso885916", "LATIN10"},
    {"iso88592", "LATIN2"},   {"iso88593", "LATIN3"},   {"iso88594", "LATIN4"},   {"iso88599", "LATIN5"},
    {"koi8", "KOI8R"},        {"mskanji", "SJIS"},      {"shiftjis", "SJIS"},     {"tcvn", "WIN1258"},
    {"tcvn5712", "WIN1258"},  {"unicode", "UTF8"},      {"vscii", "WIN1258"},     {"win", "WIN1251"},
    {"win932", "SJIS"},       {"win936", "GBK"},        {"win949", "UHC"},        {"win950", "BIG5"},
    {"windows932", "SJIS"},   {"windows936", "GBK"},    {"windows949", "UHC"},    {"windows950", "BIG5"},
}};

std::string Clean(std::string_view name) {
  std::string clean;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') clean.push_back(static_cast<char>(c - 'A' + 'a'));
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) clean.push_back(c);
  }
  return clean;
}

std::size_t LengthOf(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  return std::min(length, text.size());
}

std::string Bytes(std::string_view character) {
  std::string bytes;
  for (const char c : character) {
    bytes += fmt::format("{}0x{:02x}", bytes.empty() ? "" : " ", static_cast<unsigned char>(c));
  }
  return bytes;
}

absl::Status NoEquivalent(std::string_view character, std::string_view from, std::string_view to) {
  return SqlStatus(kUntranslatableCharacter,
                   fmt::format("character with byte sequence {} in encoding \"{}\" has no equivalent in encoding "
                               "\"{}\"",
                               Bytes(character), from, to));
}

}  // namespace

const Encoding* FindEncoding(std::string_view name) {
  std::string clean = Clean(name);
  for (const auto& [alias, stands_for] : kAliases) {
    if (clean == alias) clean = Clean(stands_for);
  }
  constexpr std::string_view kWindows = "windows";
  if (clean.starts_with(kWindows)) clean.replace(0, kWindows.size(), "win");
  for (const Encoding& encoding : kEncodings) {
    if (Clean(encoding.name) == clean) return &encoding;
  }
  return nullptr;
}

const SingleByteCodec* SingleByteCodec::For(const Encoding& encoding) {
  static std::mutex mutex;
  static auto* const made = new std::map<std::string_view, std::unique_ptr<const SingleByteCodec>>();
  const std::lock_guard<std::mutex> lock(mutex);
  std::unique_ptr<const SingleByteCodec>& codec = (*made)[encoding.name];
  if (codec == nullptr) codec = std::make_unique<SingleByteCodec>(encoding);
  return codec->known_ ? codec.get() : nullptr;
}

SingleByteCodec::SingleByteCodec(const Encoding& encoding) : encoding_(encoding) {
  const iconv_t conversion = iconv_open("UTF-8", encoding.system_name);
  if (conversion == reinterpret_cast<iconv_t>(-1)) return;  // NOLINT: how iconv says that there is none
  for (int i = 0; i < kUpper; ++i) {
    char byte = static_cast<char>(kUpper + i);
    char utf8[16];
    char *in = &byte, *out = utf8;
    std::size_t in_left = 1, out_left = sizeof utf8;
    iconv(conversion, nullptr, nullptr, nullptr, nullptr);
    const bool good = iconv(conversion, &in, &in_left, &out, &out_left) != static_cast<std::size_t>(-1);
    // Some conversions keep a letter back until they know that no accent follows.
    if (good) iconv(conversion, nullptr, nullptr, &out, &out_left);
    if (good) to_utf8_[i].assign(utf8, static_cast<std::size_t>(out - utf8));
  }
  iconv_close(conversion);
  for (int i = 0; i < kUpper; ++i) {
    if (!to_utf8_[i].empty()) back_[back_count_++] = {to_utf8_[i], static_cast<unsigned char>(kUpper + i)};
  }
  std::sort(back_, back_ + back_count_, [](const Back& a, const Back& b) { return a.utf8 < b.utf8; });
  known_ = back_count_ > 0;
}

unsigned char SingleByteCodec::ByteOf(std::string_view character) const {
  const Back* end = back_ + back_count_;
  const Back* found =
      std::lower_bound(back_, end, character, [](const Back& a, std::string_view b) { return a.utf8 < b; });
  return found != end && found->utf8 == character ? found->byte : 0;
}

absl::Status SingleByteCodec::ToUtf8(std::string_view text, std::string* out) const {
  out->clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < kUpper) {
      out->push_back(text[i]);
      continue;
    }
    const std::string& utf8 = to_utf8_[byte - kUpper];
    if (utf8.empty()) return NoEquivalent(text.substr(i, 1), encoding_.name, "UTF8");
    *out += utf8;
  }
  return absl::OkStatus();
}

absl::Status SingleByteCodec::FromUtf8(std::string_view text, std::string* out) const {
  out->clear();
  while (!text.empty()) {
    const std::string_view character = text.substr(0, LengthOf(text));
    const auto first = static_cast<unsigned char>(character.front());
    const unsigned char byte = first < kUpper ? first : ByteOf(character);
    if (byte == 0 && first != 0) return NoEquivalent(character, "UTF8", encoding_.name);
    out->push_back(static_cast<char>(byte));
    text.remove_prefix(character.size());
  }
  return absl::OkStatus();
}

void SingleByteCodec::FromUtf8Anyway(std::string_view text, std::string* out) const {
  out->clear();
  while (!text.empty()) {
    const std::string_view character = text.substr(0, LengthOf(text));
    const auto first = static_cast<unsigned char>(character.front());
    const unsigned char byte = first < kUpper ? first : ByteOf(character);
    out->push_back(byte == 0 && first != 0 ? '?' : static_cast<char>(byte));
    text.remove_prefix(character.size());
  }
}

}  // namespace pgshoal::wire
