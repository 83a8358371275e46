#pragma once
// The two ways to cut COPY data into rows behind CopySplitter: lines (text, CSV) and tuples (binary).

#include <memory>

#include "router/merge/copy_splitter.hpp"

namespace pgshoal::merge {

// As CopySplitter's functions of the same names.
class CopySplitter::Impl {
 public:
  virtual ~Impl() = default;
  virtual void Feed(std::string_view piece) = 0;
  virtual void End() = 0;
  virtual absl::StatusOr<bool> Next(CopyRow* row) = 0;
  virtual bool at_end_marker() const = 0;
};

std::unique_ptr<CopySplitter::Impl> MakeBinaryCopySplitter(const plan::CopyIn& copy);

}  // namespace pgshoal::merge
