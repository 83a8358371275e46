#pragma once
// The settings with which a router runs: what SHOW CONFIG shows, SET and RELOAD change. Thread-safe.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "router/admin/console.hpp"
#include "router/log/log.hpp"
#include "router/main/config.hpp"
#include "router/session/live_settings.hpp"

namespace pgshoal::main {

[[nodiscard]] session::LiveSettings LiveSettingsOf(const RouterConfig& config);
[[nodiscard]] log::Settings LogSettingsOf(const RouterConfig& config);

class RunningConfig : public admin::SettingsControl {
 public:
  // `file`: read again on reload; empty: there is none, and only map and catalog are.
  RunningConfig(std::string file, RouterConfig config);

  std::vector<Row> Rows() const override;
  absl::Status Set(session::Shared& shared, const std::string& name, const std::string& value) override;
  absl::StatusOr<Reloaded> Reload(session::Shared& shared) override;
  // The same, on the control thread.
  absl::StatusOr<Reloaded> ReloadHere(session::Shared& shared);

 private:
  // Makes `config` the one that counts. On failure all stays as it was.
  absl::Status Apply(session::Shared& shared, RouterConfig config, bool with_map)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string file_;
  mutable absl::Mutex mutex_;
  RouterConfig config_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pgshoal::main
