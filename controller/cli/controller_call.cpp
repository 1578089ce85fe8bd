#include "controller/cli/controller_call.hpp"

#include <boost/json.hpp>

#include "controller/cli/json_fields.hpp"
#include "manifest/key_table.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

/// `did you mean "dev"?` for an environment that there is not, else for an app of it; empty when nothing is near. An
/// app without its environment is named with it.
std::string near_name(const json::value& status, const TargetFilter& filter) {
  std::vector<std::string> environments, apps;
  for (const json::value& target : array_at(status, "targets")) {
    environments.push_back(text_at(target, "environment"));
    if (filter.app.empty() && text_at(target, "app") == filter.environment)
      return "did you mean \"" + environments.back() + "/" + filter.environment + "\"?";
    if (environments.back() == filter.environment) apps.push_back(filter.environment + "/" + text_at(target, "app"));
  }
  return apps.empty() ? manifest::suggestion(filter.environment, environments)
                      : manifest::suggestion(filter.environment + "/" + filter.app, apps);
}

/// Why nothing is what `filter` names, as far as the whole `status` tells.
Error nothing_matches(const json::value& status, const TargetFilter& filter) {
  // Without a revision nobody knows what there is.
  if (text_at(status, "revision").empty()) {
    const std::string error = text_at(status, "source_error");
    return {ErrorKind::missing, "nothing is known of " + filter_text(filter) + ": the source " +
                                    (error.empty() ? "has not been read yet" : "cannot be read: " + error)};
  }
  const std::string near = near_name(status, filter);
  return {ErrorKind::missing,
          "no app matches " + filter_text(filter) + "; " + (near.empty() ? "`plimsoll status` lists them" : near)};
}

}  // namespace

Endpoint endpoint_of(const ConnectionOptions& options, const CliContext& context) {
  constexpr std::string_view kUnix = "unix://";
  if (!options.socket.empty()) return {.socket = options.socket, .server = ""};
  const std::string& server = options.server.empty() ? context.default_server : options.server;
  if (server.starts_with('/')) return {.socket = server, .server = ""};
  if (server.starts_with(kUnix)) return {.socket = server.substr(kUnix.size()), .server = ""};
  if (!server.empty()) return {.socket = "", .server = server};
  return {.socket = context.default_socket, .server = ""};
}

std::string filter_text(const TargetFilter& filter) {
  return filter.environment.empty() ? "all targets" : to_string(filter);
}

Result<boost::json::value> fetch(ApiClient& client, const std::string& path, const char* expected,
                                 const std::map<std::string, std::string>& query) {
  const auto reply = client.get(path, query);
  if (!reply) return reply.error();
  return json_of(*reply, expected);
}

Result<json::value> fetch_status(ApiClient& client, const TargetFilter& filter) {
  auto status = fetch(client, "/api/v1/status", "targets",
                      {{"environment", filter.environment}, {"app", filter.app}, {"instance", filter.instance}});
  if (!status || filter.environment.empty() || !array_at(*status, "targets").empty()) return status;
  if (!filter.instance.empty()) {
    const TargetFilter anywhere{filter.environment, filter.app};
    if (auto elsewhere = fetch_status(client, anywhere); !elsewhere) return elsewhere;
    return Error{ErrorKind::missing, filter_text(anywhere) + " is not on an instance " + filter.instance +
                                         "; `plimsoll status` lists where it is"};
  }
  const auto all = fetch(client, "/api/v1/status", "targets", {});
  return nothing_matches(all ? *all : *status, filter);
}

Error explained(ApiClient& client, const TargetFilter& filter, const Error& error) {
  if (error.kind != ErrorKind::missing && error.kind != ErrorKind::rejected) return error;
  const auto status = fetch_status(client, filter);
  return !status && status.error().kind == ErrorKind::missing ? status.error() : error;
}

}  // namespace plimsoll::controller
