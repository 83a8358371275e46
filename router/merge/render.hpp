#pragma once
// Values from their binary form to the form that the client asked for, for the types that the router computes.

#include <string>
#include <string_view>

#include "router/plan/plan.hpp"

namespace pgshoal::merge {

// True when Render can write the type as text. Dates, times and floats-by-setting depend on the session's settings
// (DateStyle, TimeZone, extra_float_digits); floats are written in shortest form, PostgreSQL's default since 12.
bool CanRenderAsText(plan::SortType type);

// The text form, as PostgreSQL's output functions write it. REQUIRES: CanRenderAsText, CheckValue passes.
std::string RenderAsText(plan::SortType type, std::string_view binary);

// float8out and float4out with extra_float_digits. Above zero, as by default: the shortest digits that read back as the
// same value. Else 15 or 6 digits and that many more (fewer), at least one.
std::string Float8Text(double value, int extra_float_digits = 1);
std::string Float4Text(float value, int extra_float_digits = 1);

}  // namespace pgshoal::merge
