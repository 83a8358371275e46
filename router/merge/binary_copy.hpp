#pragma once
// COPY … TO STDOUT in binary from several shards, joined into one stream: one header, all rows, one trailer.

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace pgshoal::merge {

// Sources follow one another (Add … EndSource, Add … EndSource), then Finish. Threads: one at a time.
class BinaryCopyJoiner {
 public:
  // The next piece of the current source (a CopyData's body); appends what the client gets, which may be nothing.
  // 22P04 for what is no binary COPY data.
  absl::Status Add(std::string_view piece, std::string* out);
  // The current source is over; its trailer must have come.
  absl::Status EndSource();
  // The trailer for the client (with a header when no source sent one).
  void Finish(std::string* out);

 private:
  std::string held_;           // an unfinished header, later the last two bytes
  bool past_header_ = false;   // of the current source
  bool header_sent_ = false;
};

}  // namespace pgshoal::merge
