#pragma once
// A router's console as far as shoalctl speaks to it: one thread that answers simple queries from a map it keeps.

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace pgshoal::shoalctl {

class FakeRouter {
 public:
  // `map` answers SHOW MAP TOML; LOAD MAP replaces it.
  explicit FakeRouter(std::string map);
  ~FakeRouter();
  FakeRouter(const FakeRouter&) = delete;
  FakeRouter& operator=(const FakeRouter&) = delete;

  [[nodiscard]] std::string Url() const;
  [[nodiscard]] std::string map() const;
  // "database: statement" for each statement received.
  [[nodiscard]] std::vector<std::string> statements() const;
  // The rows of catalog queries about a table: name, type OID, typmod.
  void SetColumns(const std::string& table, std::vector<std::vector<std::string>> columns);
  // The next LOAD MAP fails with this message.
  void RefuseNextLoad(std::string message);

 private:
  void Run();
  void Serve(int fd);
  std::string Answer(const std::string& sql);

  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::string map_;
  std::string refusal_;
  std::vector<std::string> statements_;
  std::map<std::string, std::vector<std::vector<std::string>>> columns_;
  std::thread thread_;
};

}  // namespace pgshoal::shoalctl
