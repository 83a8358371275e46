#pragma once
// The bits of WindowDef::frameOptions, as PostgreSQL's FRAMEOPTION_*.

#include <cstdint>

namespace pgshoal::parser {

inline constexpr int32_t kFrameNondefault = 0x00001;
inline constexpr int32_t kFrameRange = 0x00002;
inline constexpr int32_t kFrameRows = 0x00004;
inline constexpr int32_t kFrameGroups = 0x00008;
inline constexpr int32_t kFrameBetween = 0x00010;
inline constexpr int32_t kFrameStartUnboundedPreceding = 0x00020;
inline constexpr int32_t kFrameEndUnboundedPreceding = 0x00040;
inline constexpr int32_t kFrameStartUnboundedFollowing = 0x00080;
inline constexpr int32_t kFrameEndUnboundedFollowing = 0x00100;
inline constexpr int32_t kFrameStartCurrentRow = 0x00200;
inline constexpr int32_t kFrameEndCurrentRow = 0x00400;
inline constexpr int32_t kFrameStartOffsetPreceding = 0x00800;
inline constexpr int32_t kFrameEndOffsetPreceding = 0x01000;
inline constexpr int32_t kFrameStartOffsetFollowing = 0x02000;
inline constexpr int32_t kFrameEndOffsetFollowing = 0x04000;
inline constexpr int32_t kFrameExcludeCurrentRow = 0x08000;
inline constexpr int32_t kFrameExcludeGroup = 0x10000;
inline constexpr int32_t kFrameExcludeTies = 0x20000;
inline constexpr int32_t kFrameDefaults = kFrameRange | kFrameStartUnboundedPreceding | kFrameEndCurrentRow;

}  // namespace pgshoal::parser
