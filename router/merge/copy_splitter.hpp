#pragma once
// COPY … FROM STDIN, cut into rows by PostgreSQL 15's own rules, with each row's key columns.
//
// The stream may arrive in pieces of any size. Rows come out byte for byte as they came in, newline included, so that
// every shard reads what one PostgreSQL would have read; the header line is checked and dropped, the end marker `\.`
// ends the data. In binary the client's header and trailer are checked and dropped: every shard gets Preamble() before its
// rows and Epilogue() after them. What PostgreSQL refuses about rows and fields is refused here, before the row goes anywhere (22P04,
// detail: the line); what it refuses about values is left to the shard.
//
// REQUIRES: a client encoding in which every byte of a multibyte character has its high bit set (IsSplittable).
// Threads: one at a time.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "router/plan/plan.hpp"

namespace pgshoal::merge {

// False for the client-only encodings whose characters may hold ASCII bytes (SJIS, BIG5, GBK, UHC, GB18030, JOHAB,
// SHIFT_JIS_2004): there a newline cannot be told from half a character.
bool IsSplittable(std::string_view client_encoding);

// The value of one key column: decoded text (in binary: what the type's send function makes), or NULL.
struct CopyKeyValue {
  bool is_null = false;
  std::string_view text;
};

// One row. Views live until the next call of Next, Feed or End.
struct CopyRow {
  std::string_view bytes;         // to be forwarded unchanged; the last row of all may lack its newline
  std::vector<CopyKeyValue> key;  // in the order of CopyIn::key
};

class CopySplitter {
 public:
  // `copy` must outlive the splitter.
  static absl::StatusOr<std::unique_ptr<CopySplitter>> Create(const plan::CopyIn& copy);
  ~CopySplitter();

  // The next piece of the stream (a CopyData's body). `piece` must stay until Next has returned false. REQUIRES: Next
  // has returned false since the last Feed; End has not been called.
  void Feed(std::string_view piece);

  // The stream is over (CopyDone): Next gives what is left.
  void End();

  // Fills `row` (reusing its memory) and returns true, or false when more must be fed (after End: there is no more).
  absl::StatusOr<bool> Next(CopyRow* row);

  // What every shard's data begins and ends with.
  std::string_view Preamble() const;
  std::string_view Epilogue() const;

  // The end marker came: whatever is fed from now on is ignored, as PostgreSQL does.
  bool AtEndMarker() const;

  class Impl;

 private:
  CopySplitter(bool binary, std::unique_ptr<Impl> impl);
  bool binary_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgshoal::merge
