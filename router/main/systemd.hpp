#pragma once
// What systemd and a service agree on, in its plain protocol: sd_notify(3), sd_listen_fds(3). Outside of systemd all of
// it does nothing.

#include <string_view>
#include <vector>

namespace pgshoal::main {

// Listening sockets that the service manager passed to this process, in its order. They are ours from then on; a second
// call finds none.
[[nodiscard]] std::vector<int> TakeListenFds();

// Each tells the service manager, if there is one that waits for it.
void NotifyReady();
void NotifyReloading();
void NotifyStopping();

}  // namespace pgshoal::main
