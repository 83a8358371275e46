#pragma once
// Numeric IP addresses and networks.

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace pgshoal::auth {

struct Address {
  bool v6 = false;
  std::array<unsigned char, 16> bytes{};  // IPv4: the first four

  friend bool operator==(const Address&, const Address&) = default;
};

// "192.0.2.1" or "2001:db8::1"; an IPv4 address in IPv6's clothes (::ffff:…) is IPv4. Nothing for anything else.
std::optional<Address> ParseAddress(std::string_view text);
// The same from what net::Stream::PeerAddress says: "192.0.2.1:5432", "[2001:db8::1]:5432".
std::optional<Address> ParsePeerAddress(std::string_view text);

struct Network {
  Address address;
  int prefix = 0;  // leading bits that count

  bool Contains(const Address& other) const;
};

// "192.0.2.0/24"; nothing when it is no address, or the prefix does not fit it.
std::optional<Network> ParseNetwork(std::string_view text);
// Address and mask ("255.255.255.0"); nothing when the mask's bits have a gap or its family is another.
std::optional<Network> ParseNetwork(std::string_view address, std::string_view mask);

}  // namespace pgshoal::auth
