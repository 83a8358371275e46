#include "router/net/resolver.hpp"

#include <fmt/format.h>
#include <netdb.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "router/net/event.hpp"

namespace pgshoal::net::internal {
namespace {

using Addresses = absl::StatusOr<std::vector<SocketAddress>>;

constexpr int kThreads = 2;

// What a waiting coroutine and the helper share; the coroutine may give up first.
struct Request {
  std::string host;
  Poster poster;
  Event* done = nullptr;  // of the coroutine, on its thread; nullptr once it has given up
  Addresses addresses = absl::UnavailableError("not resolved");
};

// Threads that call getaddrinfo, for the whole process and until its end.
class Helper {
 public:
  static Helper& Get() {
    static Helper* const helper = new Helper;  // never destroyed: its threads may be inside getaddrinfo at exit
    return *helper;
  }

  void Ask(std::shared_ptr<Request> request) {
    {
      std::lock_guard lock(mutex_);
      queue_.push_back(std::move(request));
    }
    work_.notify_one();
  }

  bool Recall(const std::string& host, std::vector<SocketAddress>& addresses) {
    std::lock_guard lock(mutex_);
    const auto found = remembered_.find(host);
    if (found == remembered_.end()) return false;
    if (found->second.until < Clock::now()) {
      remembered_.erase(found);
      return false;
    }
    addresses = found->second.addresses;
    return true;
  }

 private:
  struct Remembered {
    std::vector<SocketAddress> addresses;
    Clock::time_point until;
  };

  Helper() {
    for (int i = 0; i < kThreads; ++i) std::thread([this] { Work(); }).detach();
  }

  void Work() {
    for (;;) {
      std::shared_ptr<Request> request;
      {
        std::unique_lock lock(mutex_);
        work_.wait(lock, [this] { return !queue_.empty(); });
        request = std::move(queue_.front());
        queue_.pop_front();
      }
      request->addresses = ResolveNow(request->host);
      if (request->addresses.ok()) Remember(request->host, *request->addresses);
      const Poster poster = request->poster;
      poster.Post([request = std::move(request)] {
        if (request->done != nullptr) request->done->Notify();
      });
    }
  }

  void Remember(const std::string& host, const std::vector<SocketAddress>& addresses) {
    std::lock_guard lock(mutex_);
    if (remembered_.size() >= kRememberedHosts) remembered_.clear();
    remembered_[host] = {addresses, Clock::now() + std::chrono::seconds(kRememberSeconds)};
  }

  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<std::shared_ptr<Request>> queue_;    // under mutex_
  std::map<std::string, Remembered> remembered_;  // under mutex_
};

// Tells the helper's answer that nobody waits for it any more, however the coroutine ends.
struct GiveUp {
  Request& request;
  ~GiveUp() { request.done = nullptr; }
};

void SetPorts(std::vector<SocketAddress>& addresses, std::uint16_t port) {
  for (SocketAddress& address : addresses) SetPort(address, port);
}

}  // namespace

Addresses ResolveNow(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    return absl::UnavailableError(fmt::format("cannot resolve host name \"{}\": {}", host,
                                              error == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(error)));
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    if (info->ai_family != AF_INET && info->ai_family != AF_INET6) continue;
    SocketAddress& address = addresses.emplace_back();
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.length = info->ai_addrlen;
  }
  freeaddrinfo(found);
  if (addresses.empty()) return absl::UnavailableError(fmt::format("host name \"{}\" has no address", host));
  return addresses;
}

Task<Addresses> Resolve(Reactor& reactor, std::string host, std::uint16_t port, Deadline deadline) {
  std::vector<SocketAddress> addresses;
  if (const std::optional<SocketAddress> numeric = NumericAddress(host, port)) {
    addresses.push_back(*numeric);
    co_return addresses;
  }
  if (Helper::Get().Recall(host, addresses)) {
    SetPorts(addresses, port);
    co_return addresses;
  }
  auto request = std::make_shared<Request>();
  request->host = host;
  request->poster = reactor.MakePoster();
  Event done;
  request->done = &done;
  const GiveUp give_up{*request};
  Helper::Get().Ask(request);
  const bool answered = co_await done.Wait(deadline);
  if (!answered) co_return absl::DeadlineExceededError(fmt::format("timed out resolving host name \"{}\"", host));
  if (!request->addresses.ok()) co_return request->addresses.status();
  addresses = *request->addresses;
  SetPorts(addresses, port);
  co_return addresses;
}

}  // namespace pgshoal::net::internal
