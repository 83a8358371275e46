#pragma once
// Internal to parser/: the scan behind StatementKey and Normalize.

#include <string_view>

#include "parser/statement_key.hpp"

namespace pgshoal::parser {

enum class KeyStyle {
  kPlan,        // some constants stay as they are: see statement_key.hpp
  kEverything,  // every constant becomes a byte
  kNumbered,    // every constant becomes $1, $2 …; not for texts with $ of their own, or long ones
};

// False: no key (an error of the scanner, or a spelling that the scan does not know); what `buffer` holds is undefined.
template <KeyStyle Style>
bool ScanKey(std::string_view sql, KeyBuffer& buffer);
extern template bool ScanKey<KeyStyle::kPlan>(std::string_view, KeyBuffer&);
extern template bool ScanKey<KeyStyle::kEverything>(std::string_view, KeyBuffer&);
extern template bool ScanKey<KeyStyle::kNumbered>(std::string_view, KeyBuffer&);

}  // namespace pgshoal::parser
