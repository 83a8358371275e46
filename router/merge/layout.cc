// Which columns the client sees, in what format, and what the shards must send for it.
#include <algorithm>

#include <fmt/format.h>

#include "base/oids.hpp"
#include "base/sqlstate.hpp"
#include "router/merge/merger.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/message.hpp"

namespace pgshoal::merge {
namespace {

using plan::Combine;
using plan::SortType;

constexpr std::int16_t kUnset = -1, kText = 0, kBinary = 1;

absl::Status CheckFormatCount(std::size_t formats, int columns) {
  if (formats <= 1 || formats == static_cast<std::size_t>(columns)) return absl::OkStatus();
  return SqlStatus(sqlstate::kProtocolViolation,
                   fmt::format("bind message has {} result formats but query has {} columns", formats, columns));
}

std::int16_t FormatOf(std::span<const std::int16_t> formats, std::size_t column) {
  if (formats.empty()) return kText;
  return formats.size() == 1 ? formats[0] : formats[column];
}

// Text travels as the same bytes in both formats.
bool SameInBothFormats(SortType type) { return type == SortType::kTextC || type == SortType::kBpcharC; }

// Collects what each shard column must be; remembers the first contradiction.
class FormatTable {
 public:
  explicit FormatTable(int columns) : formats_(static_cast<std::size_t>(columns), kUnset) {}

  void Require(int column, std::int16_t format) {
    if (column < 0 || static_cast<std::size_t>(column) >= formats_.size()) {
      bad_column_ = column;
      ok_ = false;
      return;
    }
    std::int16_t& slot = formats_[static_cast<std::size_t>(column)];
    if (slot != kUnset && slot != format) {
      bad_column_ = column;
      ok_ = false;
    }
    slot = format;
  }
  std::int16_t Get(int column) const {
    return column < 0 || static_cast<std::size_t>(column) >= formats_.size()
               ? kUnset
               : formats_[static_cast<std::size_t>(column)];
  }
  absl::StatusOr<std::vector<std::int16_t>> Take() {
    if (!ok_) {
      return SqlStatus(sqlstate::kInternalError,
                       fmt::format("shard column {} is missing, or wanted as text and binary at once", bad_column_));
    }
    for (std::int16_t& format : formats_) {
      if (format == kUnset) format = kText;
    }
    return std::move(formats_);
  }

 private:
  std::vector<std::int16_t> formats_;
  int bad_column_ = 0;
  bool ok_ = true;
};

void RequireOutput(const plan::OutputColumn& output, std::int16_t client_format, FormatTable* table) {
  switch (output.combine) {
    case Combine::kPass: table->Require(output.column, client_format); return;
    case Combine::kMin:
    case Combine::kMax:
      if (output.compare_column >= 0) {
        table->Require(output.column, client_format);
        table->Require(output.compare_column, kBinary);
      } else {
        table->Require(output.column, SameInBothFormats(output.type) ? client_format : kBinary);
      }
      return;
    case Combine::kSum:
    case Combine::kCount:
    case Combine::kAvg: break;
  }
  table->Require(output.column, kBinary);
  if (output.combine == Combine::kAvg) table->Require(output.count_column, kBinary);
  if (output.variance_column >= 0) table->Require(output.variance_column, kBinary);
  if (output.digits_column >= 0) table->Require(output.digits_column, kBinary);
}

std::int16_t SizeOf(Oid type) {
  switch (type) {
    case oid::kBool: return 1;
    case oid::kInt2: return 2;
    case oid::kInt4:
    case oid::kOid:
    case oid::kFloat4:
    case oid::kDate: return 4;
    case oid::kInt8:
    case oid::kFloat8:
    case oid::kTime:
    case oid::kTimestamp:
    case oid::kTimestamptz: return 8;
    case oid::kUuid: return 16;
    default: return -1;
  }
}

void Retype(wire::Field* field, Oid type) {
  if (type == 0 || field->type == type) return;
  field->type = type;
  field->type_size = SizeOf(type);
  field->typmod = -1;
}

// What the client sees of a combined column.
void DescribeOutput(const plan::OutputColumn& output, wire::Field* field) {
  if (output.combine == Combine::kAvg) {
    Retype(field, output.type == SortType::kFloat8 ? oid::kFloat8 : oid::kNumeric);
    if (output.name.empty()) field->name = "avg";
  }
  Retype(field, output.result_type);
  if (!output.name.empty()) field->name = output.name;
}

}  // namespace

int ClientColumns(const plan::StreamSpec& spec, int shard_columns) {
  return spec.output.empty() ? shard_columns - spec.hidden_columns : static_cast<int>(spec.output.size());
}

absl::StatusOr<std::vector<std::int16_t>> ShardFormats(const plan::StreamSpec& spec, int shard_columns,
                                                       std::span<const std::int16_t> client_formats) {
  const int client_columns = ClientColumns(spec, shard_columns);
  if (absl::Status status = CheckFormatCount(client_formats.size(), client_columns); !status.ok()) return status;
  FormatTable table(shard_columns);
  for (int i = 0; i < client_columns; ++i) {
    const std::int16_t format = FormatOf(client_formats, static_cast<std::size_t>(i));
    if (spec.output.empty()) {
      table.Require(i, format);
    } else {
      RequireOutput(spec.output[static_cast<std::size_t>(i)], format, &table);
    }
  }
  std::vector<int> text_keys;
  const std::vector<plan::SortKey>* lists[] = {&spec.order, &spec.groups};
  for (const auto* keys : lists) {
    for (const plan::SortKey& key : *keys) {
      if (key.of_output) continue;
      if (SameInBothFormats(key.type)) {
        text_keys.push_back(key.column);
      } else {
        table.Require(key.column, kBinary);
      }
    }
  }
  for (const int column : spec.binary_columns) {
    const bool text = std::find(text_keys.begin(), text_keys.end(), column) != text_keys.end();
    if (!text || table.Get(column) == kUnset) table.Require(column, kBinary);
  }
  return table.Take();
}

absl::StatusOr<std::string> DescribeForClient(const plan::StreamSpec& spec, std::string_view row_description_body,
                                              std::span<const std::int16_t> client_formats) {
  absl::StatusOr<std::vector<wire::Field>> fields = wire::DecodeRowDescription(row_description_body);
  if (!fields.ok()) return fields.status();
  const int client_columns = ClientColumns(spec, static_cast<int>(fields->size()));
  if (absl::Status status = CheckFormatCount(client_formats.size(), client_columns); !status.ok()) return status;
  std::vector<wire::Field> seen;
  for (int i = 0; i < client_columns; ++i) {
    const auto index = static_cast<std::size_t>(i);
    const auto column = spec.output.empty() ? index : static_cast<std::size_t>(spec.output[index].column);
    if (column >= fields->size()) {
      return SqlStatus(sqlstate::kInternalError, fmt::format("shards describe {} columns, not {} or more",
                                                             fields->size(), column + 1));
    }
    wire::Field field = (*fields)[column];
    if (!spec.output.empty()) DescribeOutput(spec.output[index], &field);
    field.format = FormatOf(client_formats, index);
    seen.push_back(field);
  }
  std::string message;
  wire::AppendRowDescription(&message, seen);
  return message.substr(wire::kHeaderSize);
}

}  // namespace pgshoal::merge
