#pragma once

#include <boost/json/fwd.hpp>
#include <map>
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
  explicit ApiClient(Endpoint endpoint) : endpoint_(std::move(endpoint)) {}

  /// `path` begins with `/`; empty values of `query` are left out. An error means that nothing answered; its message
  /// names the cause and the mend.
  Result<ApiReply> get(const std::string& path, const std::map<std::string, std::string>& query = {});
  Result<ApiReply> post(const std::string& path, const std::string& json_body);

 private:
  Result<ApiReply> call(const std::string& path_and_query, const std::string* body);
  Endpoint endpoint_;
};

/// The JSON of a reply, or the error that the controller sent in its place.
Result<boost::json::value> json_of(const ApiReply& reply);

}  // namespace plimsoll::controller
