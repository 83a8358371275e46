#pragma once
// From UTF-8, in which the router and its servers speak, to a client's own encoding, and back.
//
// Values are converted as PostgreSQL does it when it sends and receives text: names, reports, rows, COPY data. What is
// read or sent in binary is not text for anybody here: such requests are refused before they run
// (Session::EncodingBars).

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "router/net/output_filter.hpp"
#include "router/wire/encoding.hpp"

namespace pgshoal::session {

// The body of a client's message, of any type, in UTF-8 instead. What cannot be decoded stays as it is: whoever decodes
// it next says why. 22P05: a byte that means nothing in the client's encoding; 54000: too long then.
absl::Status ToUtf8(const wire::SingleByteCodec& codec, char type, std::string* body);

// 22P05: a message for the client, whole, has a character that its encoding lacks. Of reports, which cannot fail, and of
// parameters none is too much: '?' stands for it.
absl::Status CheckConvertible(const wire::SingleByteCodec& codec, std::string_view message);

// Owned by the client's stream. What servers send is looked at by CheckConvertible before it comes here. Whatever else
// has a character that the client's encoding lacks, a notification say, ends the connection.
class EncodedOutput : public net::OutputFilter {
 public:
  // From the `at`-th byte on of what will be rewritten next; null: as it comes.
  void Change(std::size_t at, const wire::SingleByteCodec* codec) { changes_.emplace_back(at, codec); }
  // Called once, when the client's connection must end. Nothing more will be sent then.
  void OnFailure(absl::AnyInvocable<void()> told) { told_ = std::move(told); }
  void Rewrite(std::string* bytes) override;

 private:
  void Take(std::string_view bytes, std::string* out);

  const wire::SingleByteCodec* codec_ = nullptr;
  std::vector<std::pair<std::size_t, const wire::SingleByteCodec*>> changes_;
  std::string held_;  // the beginning of a message
  bool failed_ = false;
  absl::AnyInvocable<void()> told_;
};

}  // namespace pgshoal::session
