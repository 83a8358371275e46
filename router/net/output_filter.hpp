#pragma once
// What a stream's output becomes before it leaves. Used on the stream's thread.

#include <string>

namespace pgshoal::net {

class OutputFilter {
 public:
  virtual ~OutputFilter() = default;
  // `bytes` were written since the last call; they are replaced by what is to leave now, which may be less: the filter
  // keeps the rest until more has come. What it keeps does not count as pending output.
  virtual void Rewrite(std::string* bytes) = 0;
};

}  // namespace pgshoal::net
