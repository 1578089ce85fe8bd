#include "adapters/docker/engine_networks.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "adapters/docker/create_body.hpp"
#include "adapters/docker/docker_labels.hpp"
#include "adapters/docker/engine_error.hpp"
#include "adapters/docker/json_access.hpp"
#include "adapters/docker/json_memory.hpp"
#include "adapters/docker/observed_json.hpp"

namespace plimsoll::adapters {
namespace {

namespace json = boost::json;

HttpRequest post(std::string path, const json::object& body) {
  return {.method = "POST", .path = std::move(path), .body = json::serialize(body), .content_type = "application/json"};
}

json::value parse_any(const std::string& body) {
  json::error_code failed;
  auto parsed = json::parse(body, failed);
  return failed ? json::value() : parsed;
}

const json::object& as_object(const json::value& value) {
  static const json::object empty;
  return value.is_object() ? value.get_object() : empty;
}

bool says(const HttpResponse& response, std::string_view words) {
  return engine_message(response).find(words) != std::string::npos;
}

Error no_network(const std::string& container, const NetworkAttachment& attachment) {
  return {ErrorKind::transient, "connect container " + container + ": there is no network " + attachment.network};
}

}  // namespace

Result<EngineNetworks::Presence> EngineNetworks::find(const std::string& name, const ports::Call& call) {
  // The engine's filter matches parts of names: compare exactly.
  const std::string filter = json::serialize(json::object{{"name", json::array{name}}});
  const auto response =
      api_.send({.path = "/networks" + query_text({{"filters", filter}}), .body_limit = kListBytes}, call);
  if (!response) return response.error();
  if (!response->ok()) return engine_error("list networks", *response);
  JsonMemory memory;
  const auto list = memory.parse(response->body);
  if (!list.is_array()) return Error{ErrorKind::transient, "list networks: the engine sent no JSON list"};
  Presence presence = Presence::absent;
  for (const auto& entry : list.get_array()) {
    const auto& network = as_object(entry);
    if (text_at(network, "Name") != name) continue;
    if (is_ours(text_at(object_at(network, "Labels"), label::kController), installation_)) return Presence::ours;
    presence = Presence::foreign;
  }
  return presence;
}

Result<void> EngineNetworks::ensure(const NetworkSpec& network, const TargetId& target, const ports::Call& call) {
  const std::lock_guard lock(creating_);
  const auto presence = find(network.name, call);
  if (!presence) return presence.error();
  if (network.external) {
    if (*presence != Presence::absent) return {};
    return Error{ErrorKind::conflict,
                 "external network " + network.name + " does not exist on the instance; create it"};
  }
  if (*presence == Presence::ours) return {};
  if (*presence == Presence::foreign)
    return Error{ErrorKind::conflict,
                 "network " + network.name + " exists and is not ours; remove it, or declare it external"};
  const auto response = api_.send(post("/networks/create", network_body(network, target, installation_)), call);
  if (!response) return response.error();
  if (response->ok()) return {};
  if (response->status == 409) {
    const auto now = find(network.name, call);  // another pass may have made it meanwhile
    if (now && *now == Presence::ours) return {};
  }
  return engine_error("create network " + network.name, *response);
}

Result<void> EngineNetworks::ensure(const VolumeSpec& volume, const TargetId& target, const ports::Call& call) {
  if (!volume.external) {
    const auto response = api_.send(post("/volumes/create", volume_body(volume, target, installation_)), call);
    if (!response) return response.error();
    return response->ok() ? Result<void>() : engine_error("create volume " + volume.name, *response);
  }
  const auto response = api_.send({.path = "/volumes/" + percent_encoded(volume.name)}, call);
  if (!response) return response.error();
  if (response->status == 404)
    return Error{ErrorKind::conflict, "external volume " + volume.name + " does not exist on the instance; create it"};
  return response->ok() ? Result<void>() : engine_error("look for volume " + volume.name, *response);
}

Result<void> EngineNetworks::remove(const RemoveNetwork& action, const ports::Call& call) {
  const std::string& key = action.id.empty() ? action.name : action.id;
  const auto response = api_.send({.method = "DELETE", .path = "/networks/" + percent_encoded(key)}, call);
  if (!response) return response.error();
  if (response->ok() || response->status == 404) return {};
  if (response->status == 403 || response->status == 409)
    return Error{ErrorKind::conflict, "remove network " + action.name + ": still in use; detach what uses it (" +
                                          shown_message(*response) + ")"};
  return engine_error("remove network " + action.name, *response);
}

Result<void> EngineNetworks::remove(const RemoveFiles& action, const ports::Call& call) {
  if (!action.name.starts_with(kFilesVolumePrefix))
    return Error{ErrorKind::internal, "remove volume " + action.name + ": it holds no repository files, so it stays"};
  const auto response = api_.send({.method = "DELETE", .path = "/volumes/" + percent_encoded(action.name)}, call);
  if (!response) return response.error();
  if (response->ok() || response->status == 404) return {};
  auto error = engine_error("remove volume " + action.name, *response);
  if (response->status == 409) error.kind = ErrorKind::transient;  // used again since it was observed
  return error;
}

Result<void> EngineNetworks::attach(const std::string& container, const NetworkAttachment& attachment,
                                    const ports::Call& call) {
  // Below 23.0 an engine takes any name for a container that does not run, and fails when it is started.
  const auto presence = find(attachment.network, call);
  if (!presence) return presence.error();
  return *presence == Presence::absent ? no_network(container, attachment) : join(container, attachment, call);
}

Result<void> EngineNetworks::join(const std::string& container, const NetworkAttachment& attachment,
                                  const ports::Call& call) {
  const auto who = api_.identity(call);
  if (!who) return who.error();
  const json::object body{{"Container", container}, {"EndpointConfig", endpoint_settings(attachment, who->version)}};
  const auto response = api_.send(post("/networks/" + percent_encoded(attachment.network) + "/connect", body), call);
  if (!response) return response.error();
  if (response->ok()) return {};
  if (response->status == 404 && says(*response, "network")) return no_network(container, attachment);
  auto error = engine_error("connect container " + container + " to network " + attachment.network, *response);
  // By a call whose reply was lost, or by hand: the next look shows with which aliases.
  if (says(*response, "already exists in network")) error.kind = ErrorKind::transient;
  return error;
}

Result<void> EngineNetworks::connect(const std::string& container, const NetworkAttachment& attachment,
                                     const ports::Call& call) {
  const auto response = api_.send({.path = "/containers/" + percent_encoded(container) + "/json"}, call);
  if (!response) return response.error();
  if (!response->ok()) return engine_error("inspect container " + container, *response);
  const auto inspected = as_object(parse_any(response->body));
  auto observed = observed_container(inspected);
  const auto found = observed.networks.find(attachment.network);
  if (found != observed.networks.end()) {
    std::set<std::string> wanted(attachment.aliases.begin(), attachment.aliases.end());
    std::set<std::string> is(found->second.begin(), found->second.end());
    // Engines before 25 list the host name among the aliases, whoever asks for it.
    const std::string hostname(text_at(object_at(inspected, "Config"), "Hostname"));
    wanted.insert(hostname);
    is.insert(hostname);
    if (is == wanted) return {};
    if (auto detached = disconnect(container, attachment.network, call); !detached) return detached;
  }
  return observed.state == ContainerState::running ? join(container, attachment, call)
                                                   : attach(container, attachment, call);
}

Result<void> EngineNetworks::disconnect(const std::string& container, const std::string& network,
                                        const ports::Call& call) {
  const json::object body{{"Container", container}, {"Force", false}};
  const auto response = api_.send(post("/networks/" + percent_encoded(network) + "/disconnect", body), call);
  if (!response) return response.error();
  if (response->ok() || response->status == 404 || says(*response, "is not connected to")) return {};
  return engine_error("disconnect container " + container + " from network " + network, *response);
}

Result<std::optional<std::map<std::string, std::string>>> EngineNetworks::attached(const std::string& id,
                                                                                   const ports::Call& call) {
  const auto response = api_.send({.path = "/networks/" + percent_encoded(id)}, call);
  if (!response) return response.error();
  std::optional<std::map<std::string, std::string>> names;
  if (response->status == 404) return names;
  if (!response->ok()) return engine_error("inspect network " + id, *response);
  names.emplace();
  const auto inspected = parse_any(response->body);
  for (const auto& [container, endpoint] : object_at(as_object(inspected), "Containers"))
    names->emplace(container, text_at(as_object(endpoint), "Name"));
  return names;
}

std::string EngineNetworks::filter_text(const ports::ObserveScope& scope, bool dangling) const {
  json::array labels{std::string(label::kController) + "=" + installation_};
  if (!scope.environment.empty()) labels.emplace_back(std::string(label::kEnvironment) + "=" + scope.environment);
  if (!scope.app.empty()) labels.emplace_back(std::string(label::kApp) + "=" + scope.app);
  json::object filter{{"label", std::move(labels)}};
  if (dangling) filter["dangling"] = json::array{"true"};
  return json::serialize(filter);
}

Result<std::vector<IdleFiles>> EngineNetworks::idle_files(const ports::ObserveScope& scope, const ports::Call& call) {
  const Query query{{"filters", filter_text(scope, true)}};
  const auto response = api_.send({.path = "/volumes" + query_text(query), .body_limit = kListBytes}, call);
  if (!response) return response.error();
  if (!response->ok()) return engine_error("list volumes", *response);
  JsonMemory memory;
  const auto list = memory.parse(response->body);
  if (!list.is_object()) return Error{ErrorKind::transient, "list volumes: the engine sent no JSON object"};
  std::vector<IdleFiles> idle;
  for (const auto& entry : array_at(as_object(list), "Volumes")) {
    const auto& volume = as_object(entry);
    const auto& labels = object_at(volume, "Labels");
    const std::string name(text_at(volume, "Name"));
    if (!name.starts_with(kFilesVolumePrefix)) continue;
    idle.push_back(
        {name, std::string(text_at(labels, label::kEnvironment)), std::string(text_at(labels, label::kApp))});
  }
  return idle;
}

Result<std::vector<ObservedNetwork>> EngineNetworks::observe(const ports::ObserveScope& scope,
                                                             const ports::Call& call) {
  const Query query{{"filters", filter_text(scope, false)}};
  const auto response = api_.send({.path = "/networks" + query_text(query), .body_limit = kListBytes}, call);
  if (!response) return response.error();
  if (!response->ok()) return engine_error("list networks", *response);
  JsonMemory memory;
  const auto list = memory.parse(response->body);
  if (!list.is_array()) return Error{ErrorKind::transient, "list networks: the engine sent no JSON list"};
  std::vector<ObservedNetwork> networks;
  for (const auto& entry : list.get_array()) {
    const auto& network = as_object(entry);
    const auto& of = object_at(network, "Labels");
    const auto text = [](const json::object& from, std::string_view key) { return std::string(text_at(from, key)); };
    ObservedNetwork seen{text(network, "Id"), text(network, "Name"), text(of, label::kEnvironment),
                         text(of, label::kApp), text(of, label::kSpec)};
    if (seen.id.empty() || seen.name.empty())
      return Error{ErrorKind::transient, "list networks: the engine lists one without its Id or Name"};
    auto users = attached(seen.id, call);
    if (!users) return std::move(users).error();
    if (!users->has_value()) continue;
    seen.attached = std::move(**users);
    seen.in_use = !seen.attached.empty();
    seen.created_at = parse_engine_time(text_at(network, "Created"));
    networks.push_back(std::move(seen));
  }
  return networks;
}

}  // namespace plimsoll::adapters
