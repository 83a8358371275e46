#include "router/auth/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace pgshoal::auth {
namespace {

int Bits(const Address& address) { return address.v6 ? 128 : 32; }

bool Bit(const Address& address, int index) { return (address.bytes[index / 8] >> (7 - index % 8) & 1) != 0; }

}  // namespace

std::optional<Address> ParseAddress(std::string_view text) {
  const std::string copy(text);
  Address address;
  if (inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) return address;
  address.v6 = true;
  if (inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) != 1) return std::nullopt;
  static constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(address.bytes.data(), kMapped, sizeof kMapped) == 0) {
    Address v4;
    std::copy_n(address.bytes.begin() + 12, 4, v4.bytes.begin());
    return v4;
  }
  return address;
}

std::optional<Address> ParsePeerAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return ParseAddress(host);
}

bool Network::Contains(const Address& other) const {
  if (other.v6 != address.v6) return false;
  for (int bit = 0; bit < prefix; ++bit) {
    if (Bit(address, bit) != Bit(other, bit)) return false;
  }
  return true;
}

std::optional<Network> ParseNetwork(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::optional<Address> address = ParseAddress(text.substr(0, slash));
  if (!address.has_value()) return std::nullopt;
  const std::string_view digits = text.substr(slash + 1);
  Network network{*address, -1};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), network.prefix);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (network.prefix < 0 || network.prefix > Bits(*address)) return std::nullopt;
  return network;
}

std::optional<Network> ParseNetwork(std::string_view address_text, std::string_view mask_text) {
  const std::optional<Address> address = ParseAddress(address_text);
  const std::optional<Address> mask = ParseAddress(mask_text);
  if (!address.has_value() || !mask.has_value() || address->v6 != mask->v6) return std::nullopt;
  Network network{*address, 0};
  while (network.prefix < Bits(*mask) && Bit(*mask, network.prefix)) ++network.prefix;
  for (int bit = network.prefix; bit < Bits(*mask); ++bit) {
    if (Bit(*mask, bit)) return std::nullopt;
  }
  return network;
}

}  // namespace pgshoal::auth
