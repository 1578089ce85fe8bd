#include "controller/cli/controller_call.hpp"

#include <boost/json.hpp>

#include "controller/cli/json_fields.hpp"

namespace plimsoll::controller {

Endpoint endpoint_of(const ConnectionOptions& options, const CliContext& context) {
  constexpr std::string_view kUnix = "unix://";
  if (!options.socket.empty()) return {.socket = options.socket, .server = ""};
  const std::string& server = options.server.empty() ? context.default_server : options.server;
  if (server.starts_with(kUnix)) return {.socket = server.substr(kUnix.size()), .server = ""};
  if (!server.empty()) return {.socket = "", .server = server};
  return {.socket = context.default_socket, .server = ""};
}

std::string filter_text(const TargetFilter& filter) {
  if (filter.environment.empty()) return "all targets";
  return filter.app.empty() ? filter.environment : filter.environment + "/" + filter.app;
}

Result<boost::json::value> fetch(ApiClient& client, const std::string& path,
                                 const std::map<std::string, std::string>& query) {
  const auto reply = client.get(path, query);
  if (!reply) return reply.error();
  return json_of(*reply);
}

Result<boost::json::value> fetch_status(ApiClient& client, const TargetFilter& filter) {
  auto status = fetch(client, "/api/v1/status", {{"environment", filter.environment}, {"app", filter.app}});
  if (status && !filter.environment.empty() && array_at(*status, "targets").empty()) {
    return Error{ErrorKind::missing,
                 "no target matches " + filter_text(filter) + "; `plimsoll status` lists all of them"};
  }
  return status;
}

}  // namespace plimsoll::controller
