#pragma once
// One event as a line, without its end. Pure functions.

#include <chrono>
#include <string>

#include "router/log/log.hpp"

namespace pgshoal::log {

std::string_view NameOf(Level level);  // "debug", "info", "warning", "error"

// "2026-01-31 12:00:00.123 UTC [4711] INFO app/alice@192.0.2.1:5000: message". Control characters in what clients
// choose become "?": a line stays a line.
std::string TextLine(std::chrono::system_clock::time_point when, int process, Level level, std::string_view message,
                     const About& about);

// {"time": "2026-01-31T12:00:00.123Z", "pid": 4711, "level": "info", "message": …}; what is not known is left out.
std::string JsonLine(std::chrono::system_clock::time_point when, int process, Level level, std::string_view message,
                     const About& about);

}  // namespace pgshoal::log
