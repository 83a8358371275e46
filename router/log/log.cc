#include "router/log/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "base/operation_limits.hpp"
#include "base/status.hpp"
#include "router/log/log_line.hpp"

namespace pgshoal::log {
namespace {

using Clock = std::chrono::system_clock;

spdlog::level::level_enum LevelFor(Level level) {
  static constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info,
                                                          spdlog::level::warn, spdlog::level::err};
  return kLevels[static_cast<int>(level)];
}

int FacilityNamed(const std::string& name) {
  static constexpr std::pair<std::string_view, int> kFacilities[] = {
      {"auth", LOG_AUTH},     {"authpriv", LOG_AUTHPRIV}, {"daemon", LOG_DAEMON}, {"user", LOG_USER},
      {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1},     {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3},
      {"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5},     {"local6", LOG_LOCAL6}, {"local7", LOG_LOCAL7}};
  for (const auto& [known, facility] : kFacilities) {
    if (name == known) return facility;
  }
  return LOG_DAEMON;
}

// Throws spdlog_ex when the file cannot be opened.
std::shared_ptr<spdlog::logger> MakeLogger(const Settings& settings) {
  std::vector<spdlog::sink_ptr> sinks;
  if (settings.file.empty()) {
    sinks.push_back(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  } else {
    sinks.push_back(std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.file));
  }
  for (auto& sink : sinks) sink->set_pattern("%v");
  if (settings.syslog) {
    sinks.push_back(std::make_shared<spdlog::sinks::syslog_sink_mt>(
        settings.syslog_ident, LOG_PID, FacilityNamed(settings.syslog_facility), /*enable_formatting=*/false));
  }
  auto logger = std::make_shared<spdlog::logger>("pgshoal", sinks.begin(), sinks.end());
  logger->set_level(spdlog::level::debug);  // the level is looked at before
  logger->flush_on(spdlog::level::debug);
  return logger;
}

class Log {
 public:
  absl::Status Configure(const Settings& settings) {
    std::shared_ptr<spdlog::logger> logger;
    try {
      logger = MakeLogger(settings);
    } catch (const spdlog::spdlog_ex& error) {
      return SqlStatus(sqlstate::kUndefinedFile, fmt::format("cannot open the log: {}", error.what()));
    }
    absl::MutexLock lock(&mutex_);
    settings_ = settings;
    logger_ = std::move(logger);
    internal::level.store(settings.level, std::memory_order_relaxed);
    return absl::OkStatus();
  }

  absl::Status Reopen() {
    Settings settings;
    {
      absl::MutexLock lock(&mutex_);
      if (settings_.file.empty()) return absl::OkStatus();
      settings = settings_;
    }
    return Configure(settings);
  }

  void Write(Level level, std::string_view message, const About& about) {
    const Clock::time_point now = Clock::now();
    std::shared_ptr<spdlog::logger> logger;
    bool json = false;
    std::uint64_t left_out = 0;
    {
      absl::MutexLock lock(&mutex_);
      if (!logger_) logger_ = MakeLogger(settings_);
      if (now - second_began_ >= std::chrono::seconds(1) || now < second_began_) {
        second_began_ = now;
        lines_ = 0;
        left_out = std::exchange(left_out_, 0);
      }
      if (++lines_ > limits::kMaxLogLinesPerSecond && level < Level::kError) {
        ++left_out_;
        return;
      }
      logger = logger_;
      json = settings_.json;
    }
    const auto line = json ? JsonLine : TextLine;
    const int process = getpid();
    if (left_out > 0) {
      const std::string notice = fmt::format("{} lines were left out: too many in one second", left_out);
      Put(*logger, Level::kWarning, line(now, process, Level::kWarning, notice, {}));
    }
    Put(*logger, level, line(now, process, level, message, about));
  }

 private:
  static void Put(spdlog::logger& logger, Level level, const std::string& line) {
    logger.log(LevelFor(level), spdlog::string_view_t(line.data(), line.size()));
  }

  absl::Mutex mutex_;
  Settings settings_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<spdlog::logger> logger_ ABSL_GUARDED_BY(mutex_);
  Clock::time_point second_began_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t lines_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Never destroyed: threads may still log while the process ends.
Log& TheLog() {
  static Log* const log = new Log;
  return *log;
}

}  // namespace

absl::Status Configure(const Settings& settings) {
  return TheLog().Configure(settings);
}

absl::Status Reopen() {
  return TheLog().Reopen();
}

void Write(Level level, std::string_view message, const About& about) {
  TheLog().Write(level, message, about);
}

}  // namespace pgshoal::log
