#pragma once
// One aggregate of one group: the shards' partial results so far.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "router/merge/numeric.hpp"
#include "router/plan/plan.hpp"
#include "router/wire/backend.hpp"

namespace pgshoal::merge {

// XX000 when the router cannot combine or show such a column (a mistake of the plan). `client_format`: 0 or 1.
absl::Status CheckCombinable(const plan::OutputColumn& output, std::int16_t client_format);

class Accumulator {
 public:
  // Takes in one shard's row. `row` has every shard column; 22P03 for malformed values.
  absl::Status Add(const plan::OutputColumn& output, std::span<const wire::Value> row);

  // The combined value; false when it is NULL. `out` is replaced. 22003 when it does not fit its type.
  absl::StatusOr<bool> Finish(const plan::OutputColumn& output, std::int16_t client_format, std::string* out) const;

  // The same in binary, and its type, for sorting by it.
  absl::StatusOr<bool> FinishForSort(const plan::OutputColumn& output, std::string* out) const;

  // Memory beyond the object itself.
  std::size_t Bytes() const;

 private:
  struct Extreme {
    std::string compared;  // binary
    std::string shown;     // the client's format; only with a compare_column
  };

  // What PostgreSQL keeps of floats for their average and variance.
  struct Moments {
    double sum = 0;
    double squares = 0;  // of the deviations from the mean; NaN when a value is not finite
    double count = 0;
  };

  absl::Status AddSum(plan::SortType type, std::string_view bytes);
  absl::Status AddMoments(const plan::OutputColumn& output, std::span<const wire::Value> row, std::int64_t count);
  absl::Status AddExtreme(const plan::OutputColumn& output, std::span<const wire::Value> row);
  absl::Status FinishSum(const plan::OutputColumn& output, bool binary, std::string* out) const;
  absl::Status FinishAverage(const plan::OutputColumn& output, bool binary, std::string* out) const;

  bool has_value_ = false;  // some partial was not NULL
  std::int8_t extra_float_digits_ = 1;
  std::int64_t count_ = 0;  // kCount, kAvg
  // Sums of integers, of floats and of numerics; the extreme so far; an average of floats.
  std::variant<__int128, double, std::unique_ptr<Numeric>, std::unique_ptr<Extreme>, std::unique_ptr<Moments>> value_ =
      __int128{0};
};

}  // namespace pgshoal::merge
