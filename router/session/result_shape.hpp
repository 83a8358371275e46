#pragma once
// The columns that a prepared statement promises. PostgreSQL does not run one whose columns have changed since it was
// made (0A000, cached plan must not change result type), because its client may rely on what it was told of them. Servers
// hold statements for many clients, made at different times; so the router compares by itself.

#include <optional>
#include <string>
#include <string_view>

#include "base/status.hpp"

namespace pgshoal::session {

// What must stay the same: names, types and type modifiers, as one text; empty: no rows.
using ResultShape = std::string;

// From a RowDescription's body; nothing: it is none. OIDs of types that users have made differ between shards, and count
// as one type.
std::optional<ResultShape> ShapeOfDescription(std::string_view body);

// As PostgreSQL says it: drivers that prepare again by themselves look at its routine, too.
SqlError ResultTypeChanged();

}  // namespace pgshoal::session
