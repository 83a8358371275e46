#pragma once
// What a client has been told of its parameters (ParameterStatus).
//
// Most clients have been told the same, so what a login tells is held once for all that are told it; a client of its
// own holds only what differs. Used on one worker's thread.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pgshoal::session {

class Reported {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;
  using Common = std::shared_ptr<const Map>;

  // All that the client is told at login. `common` is what others were told; it is replaced when it is of little use.
  void Start(const Map& parameters, Common* common);
  // The same, quicker: `common`, but for the value of `name` in it.
  void StartAs(Common common, std::string_view name, std::string_view value);
  // True when this is news to the client.
  bool Learn(std::string_view name, std::string_view value);
  // Null when the client has not been told of it.
  const std::string* Find(std::string_view name) const;
  // (name, value) of each, in the order of names.
  Map All() const;
  // The same, shared with this client as far as possible.
  Common Share() const { return own_.empty() && common_ != nullptr ? common_ : std::make_shared<const Map>(All()); }

 private:
  Common common_;
  std::vector<std::pair<std::string, std::string>> own_;  // instead of those in common_, or besides them
};

}  // namespace pgshoal::session
