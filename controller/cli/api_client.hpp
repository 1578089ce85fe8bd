#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "model/result.hpp"

namespace plimsoll::controller {

/// Where the controller is.
struct Endpoint {
  std::string socket;  ///< path of the unix socket; empty: `server`
  std::string server;  ///< `http://host:port`
};

/// What the controller answered, whatever the status.
struct ApiReply {
  int status = 0;
  std::string body;
};

/// The controller's API as the command line calls it: one blocking call after the other. Not thread-safe.
class ApiClient {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// No call takes longer than its kind may, and none lasts beyond `deadline` by more than a second.
  explicit ApiClient(Endpoint endpoint, std::optional<Time> deadline = {})
      : endpoint_(std::move(endpoint)), deadline_(deadline) {}

  /// `path` begins with `/`; empty values of `query` are left out. An error means that nothing answered; its message
  /// names the cause and the mend.
  Result<ApiReply> get(const std::string& path, const std::map<std::string, std::string>& query = {});
  Result<ApiReply> post(const std::string& path, const std::string& json_body);

 private:
  Result<ApiReply> call(const std::string& path_and_query, const std::string* body);
  [[nodiscard]] std::chrono::milliseconds limit_of(const std::string& path_and_query) const;
  Endpoint endpoint_;
  std::optional<Time> deadline_;
};

/// The JSON object of a reply, which has the member `expected`, or the error that the controller sent in its place.
Result<boost::json::value> json_of(const ApiReply& reply, const char* expected);

}  // namespace plimsoll::controller
