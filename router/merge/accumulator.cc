#include "router/merge/accumulator.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/oids.hpp"
#include "base/sqlstate.hpp"
#include "base/status.hpp"
#include "router/merge/render.hpp"
#include "router/merge/sort_key.hpp"
#include "router/wire/reader.hpp"
#include "router/wire/writer.hpp"

namespace pgshoal::merge {
namespace {

using plan::Combine;
using plan::OutputColumn;
using plan::SortType;

absl::Status Internal(std::string_view what) {
  return SqlStatus(sqlstate::kInternalError, fmt::format("cannot combine the shards' results: {}", what));
}

bool IsInteger(SortType type) { return type == SortType::kInt2 || type == SortType::kInt4 || type == SortType::kInt8; }
bool IsFloat(SortType type) { return type == SortType::kFloat4 || type == SortType::kFloat8; }

std::int64_t LoadInteger(SortType type, std::string_view bytes) {
  switch (type) {
    case SortType::kInt2: return static_cast<std::int16_t>(wire::LoadUint16(bytes.data()));
    case SortType::kInt4: return static_cast<std::int32_t>(wire::LoadUint32(bytes.data()));
    default: return static_cast<std::int64_t>(wire::LoadUint64(bytes.data()));
  }
}

double LoadFloat(SortType type, std::string_view bytes) {
  if (type == SortType::kFloat4) return std::bit_cast<float>(wire::LoadUint32(bytes.data()));
  return std::bit_cast<double>(wire::LoadUint64(bytes.data()));
}

void WriteInt8(std::int64_t value, bool binary, std::string* out) {
  out->clear();
  if (binary) {
    wire::AppendInt64(out, value);
  } else {
    *out = std::to_string(value);
  }
}

absl::Status Overflow() { return SqlStatus(sqlstate::kNumericValueOutOfRange, "value out of range: overflow"); }

// PostgreSQL's rule: finite values must not give an infinite one.
bool Overflows(double result, double a, double b) { return std::isinf(result) && !std::isinf(a) && !std::isinf(b); }

void WriteFloat(double value, SortType type, int extra_digits, bool binary, std::string* out) {
  out->clear();
  const auto single = static_cast<float>(value);
  if (type == SortType::kFloat4) {
    if (binary) {
      wire::AppendUint32(out, std::bit_cast<std::uint32_t>(single));
    } else {
      *out = Float4Text(single, extra_digits);
    }
  } else if (binary) {
    wire::AppendUint64(out, std::bit_cast<std::uint64_t>(value));
  } else {
    *out = Float8Text(value, extra_digits);
  }
}

absl::Status WriteNumeric(const Numeric& value, bool binary, std::string* out) {
  if (absl::Status status = value.CheckRange(); !status.ok()) return status;
  *out = binary ? value.ToWire() : value.ToText();
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckCombinable(const OutputColumn& output, std::int16_t client_format) {
  switch (output.combine) {
    case Combine::kPass:
    case Combine::kCount: return absl::OkStatus();
    case Combine::kMin:
    case Combine::kMax:
      if (output.compare_column < 0 && client_format == 0 && !CanRenderAsText(output.type)) {
        return Internal("a minimum or maximum whose text form depends on settings needs a column to compare");
      }
      return absl::OkStatus();
    case Combine::kSum: {
      const bool to_numeric = output.result_type == oid::kNumeric;
      if (IsInteger(output.type) && (to_numeric || output.result_type == 0 || output.result_type == oid::kInt8)) {
        return absl::OkStatus();
      }
      if (output.type == SortType::kNumeric && (to_numeric || output.result_type == 0)) return absl::OkStatus();
      const Oid own = output.type == SortType::kFloat4 ? oid::kFloat4 : oid::kFloat8;
      if (IsFloat(output.type) && (output.result_type == 0 || output.result_type == own)) return absl::OkStatus();
      return Internal("this type of sum");
    }
    case Combine::kAvg: {
      const Oid own = output.type == SortType::kFloat8 ? oid::kFloat8 : oid::kNumeric;
      const bool known = IsInteger(output.type) || output.type == SortType::kNumeric || output.type == SortType::kFloat8;
      if (known && (output.result_type == 0 || output.result_type == own)) return absl::OkStatus();
      return Internal("this type of average");
    }
  }
  return Internal("unknown aggregate");
}

absl::Status Accumulator::AddSum(SortType type, std::string_view bytes) {
  if (absl::Status status = CheckValue(type, bytes); !status.ok()) return status;
  if (IsInteger(type)) {
    std::get<__int128>(value_) += LoadInteger(type, bytes);
  } else if (IsFloat(type)) {
    const double addend = LoadFloat(type, bytes);
    const double before = has_value_ ? std::get<double>(value_) : 0;
    double sum = has_value_ ? before + addend : addend;
    if (type == SortType::kFloat4) sum = static_cast<float>(sum);
    if (Overflows(sum, before, addend)) return Overflow();
    value_ = sum;
  } else {
    absl::StatusOr<Numeric> addend = Numeric::FromWire(bytes);
    if (!addend.ok()) return addend.status();
    if (has_value_) {
      std::get<std::unique_ptr<Numeric>>(value_)->Add(*addend);
    } else {
      value_ = std::make_unique<Numeric>(*std::move(addend));
    }
  }
  has_value_ = true;
  return absl::OkStatus();
}

// float8_combine: Youngs and Cramer's way to put the deviations of two sets together. Only the overflow of `squares`
// can be seen from outside: an average of finite values fails when their variance is too large.
absl::Status Accumulator::AddMoments(const OutputColumn& output, std::span<const wire::Value> row, std::int64_t count) {
  const std::string_view sum = row[static_cast<std::size_t>(output.column)].bytes;
  if (absl::Status status = CheckValue(SortType::kFloat8, sum); !status.ok()) return status;
  Moments more{LoadFloat(SortType::kFloat8, sum), std::numeric_limits<double>::quiet_NaN(), static_cast<double>(count)};
  if (output.variance_column >= 0) {
    const wire::Value& variance = row[static_cast<std::size_t>(output.variance_column)];
    if (!variance.is_null) {
      if (absl::Status status = CheckValue(SortType::kFloat8, variance.bytes); !status.ok()) return status;
      more.squares = LoadFloat(SortType::kFloat8, variance.bytes) * more.count;
      if (std::isinf(more.squares)) more.squares = std::numeric_limits<double>::max();  // by rounding: it was not there
    }
  }
  if (!has_value_) {
    more.sum += 0.0;  // PostgreSQL adds to zero: the average of minus zeros is zero
    value_ = std::make_unique<Moments>(more);
    has_value_ = true;
    return absl::OkStatus();
  }
  Moments& all = *std::get<std::unique_ptr<Moments>>(value_);
  const double total = all.sum + more.sum;
  if (Overflows(total, all.sum, more.sum)) return Overflow();
  const double apart = all.sum / all.count - more.sum / more.count;
  const double squares =
      all.squares + more.squares + all.count * more.count * apart * apart / (all.count + more.count);
  if (Overflows(squares, all.squares, more.squares)) return Overflow();
  all = {total, squares, all.count + more.count};
  return absl::OkStatus();
}

absl::Status Accumulator::AddExtreme(const OutputColumn& output, std::span<const wire::Value> row) {
  const bool apart = output.compare_column >= 0;
  const wire::Value& compared = row[static_cast<std::size_t>(apart ? output.compare_column : output.column)];
  if (compared.is_null) return absl::OkStatus();
  if (absl::Status status = CheckValue(output.type, compared.bytes); !status.ok()) return status;
  if (has_value_) {
    const int order = CompareValues(output.type, compared.bytes, std::get<std::unique_ptr<Extreme>>(value_)->compared);
    // Of equal values that look different (1.0 and 1.00) the later one stays, as in PostgreSQL; of char(n) the earlier.
    const bool keep = order == 0 ? output.type == SortType::kBpcharC
                                 : (order > 0) == (output.combine == Combine::kMin);
    if (keep) return absl::OkStatus();
  } else {
    value_ = std::make_unique<Extreme>();
    has_value_ = true;
  }
  Extreme& extreme = *std::get<std::unique_ptr<Extreme>>(value_);
  extreme.compared.assign(compared.bytes);
  if (apart) extreme.shown.assign(row[static_cast<std::size_t>(output.column)].bytes);
  return absl::OkStatus();
}

absl::Status Accumulator::Add(const OutputColumn& output, std::span<const wire::Value> row) {
  const wire::Value& value = row[static_cast<std::size_t>(output.column)];
  if (output.digits_column >= 0) {
    const wire::Value& digits = row[static_cast<std::size_t>(output.digits_column)];
    if (absl::Status status = CheckValue(SortType::kInt4, digits.bytes); !status.ok()) return status;
    extra_float_digits_ = static_cast<std::int8_t>(LoadInteger(SortType::kInt4, digits.bytes));
  }
  switch (output.combine) {
    case Combine::kPass: return absl::OkStatus();
    case Combine::kMin:
    case Combine::kMax: return AddExtreme(output, row);
    case Combine::kSum: return value.is_null ? absl::OkStatus() : AddSum(output.type, value.bytes);
    case Combine::kCount:
    case Combine::kAvg: break;
  }
  const wire::Value& count =
      output.combine == Combine::kCount ? value : row[static_cast<std::size_t>(output.count_column)];
  std::int64_t addend = 0;
  if (!count.is_null) {
    if (absl::Status status = CheckValue(SortType::kInt8, count.bytes); !status.ok()) return status;
    addend = LoadInteger(SortType::kInt8, count.bytes);
    if (addend < 0 || __builtin_add_overflow(count_, addend, &count_)) {
      return SqlStatus(sqlstate::kNumericValueOutOfRange, "bigint out of range");
    }
  }
  if (output.combine == Combine::kCount || value.is_null) return absl::OkStatus();
  if (IsFloat(output.type)) return addend == 0 ? absl::OkStatus() : AddMoments(output, row, addend);
  return AddSum(output.type, value.bytes);
}

absl::Status Accumulator::FinishSum(const OutputColumn& output, bool binary, std::string* out) const {
  if (IsFloat(output.type)) {
    WriteFloat(std::get<double>(value_), output.type, extra_float_digits_, binary, out);
    return absl::OkStatus();
  }
  if (output.type == SortType::kNumeric) {
    return WriteNumeric(*std::get<std::unique_ptr<Numeric>>(value_), binary, out);
  }
  const __int128 sum = std::get<__int128>(value_);
  if (output.result_type == oid::kNumeric) return WriteNumeric(Numeric::FromInt(sum), binary, out);
  if (sum < std::numeric_limits<std::int64_t>::min() || sum > std::numeric_limits<std::int64_t>::max()) {
    return SqlStatus(sqlstate::kNumericValueOutOfRange, "bigint out of range");
  }
  WriteInt8(static_cast<std::int64_t>(sum), binary, out);
  return absl::OkStatus();
}

absl::Status Accumulator::FinishAverage(const OutputColumn& output, bool binary, std::string* out) const {
  if (IsFloat(output.type)) {
    const Moments& moments = *std::get<std::unique_ptr<Moments>>(value_);
    WriteFloat(moments.sum / moments.count, output.type, extra_float_digits_, binary, out);
    return absl::OkStatus();
  }
  const Numeric sum = output.type == SortType::kNumeric ? *std::get<std::unique_ptr<Numeric>>(value_)
                                                        : Numeric::FromInt(std::get<__int128>(value_));
  return WriteNumeric(sum.DividedBy(count_), binary, out);
}

absl::StatusOr<bool> Accumulator::Finish(const OutputColumn& output, std::int16_t client_format,
                                         std::string* out) const {
  const bool binary = client_format != 0;
  out->clear();
  absl::Status status;
  switch (output.combine) {
    case Combine::kPass: return Internal("a plain column is not an aggregate");
    case Combine::kCount: WriteInt8(count_, binary, out); return true;
    case Combine::kSum:
      if (!has_value_) return false;
      status = FinishSum(output, binary, out);
      break;
    case Combine::kAvg:
      if (!has_value_ || count_ == 0) return false;
      status = FinishAverage(output, binary, out);
      break;
    case Combine::kMin:
    case Combine::kMax: {
      if (!has_value_) return false;
      const Extreme& extreme = *std::get<std::unique_ptr<Extreme>>(value_);
      if (output.compare_column >= 0) {
        *out = extreme.shown;
      } else {
        *out = binary ? extreme.compared : RenderAsText(output.type, extreme.compared);
      }
      break;
    }
  }
  if (!status.ok()) return status;
  return true;
}

absl::StatusOr<bool> Accumulator::FinishForSort(const OutputColumn& output, std::string* out) const {
  if (output.combine != Combine::kMin && output.combine != Combine::kMax) return Finish(output, 1, out);
  if (has_value_) *out = std::get<std::unique_ptr<Extreme>>(value_)->compared;
  return has_value_;
}

std::size_t Accumulator::Bytes() const {
  if (const auto* numeric = std::get_if<std::unique_ptr<Numeric>>(&value_)) return sizeof(Numeric) + (*numeric)->Bytes();
  if (const auto* extreme = std::get_if<std::unique_ptr<Extreme>>(&value_)) {
    return sizeof(Extreme) + (*extreme)->compared.capacity() + (*extreme)->shown.capacity();
  }
  if (std::holds_alternative<std::unique_ptr<Moments>>(value_)) return sizeof(Moments);
  return 0;
}

}  // namespace pgshoal::merge
