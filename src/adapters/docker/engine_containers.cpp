#include "adapters/docker/engine_containers.hpp"

#include "adapters/docker/create_body.hpp"
#include "adapters/docker/docker_labels.hpp"
#include "adapters/docker/engine_error.hpp"
#include "adapters/docker/json_access.hpp"
#include "adapters/docker/neighbour_flush.hpp"
#include "adapters/docker/observed_json.hpp"

namespace plimsoll::adapters {
namespace {

namespace json = boost::json;

std::string path_of(const ContainerRef& ref, std::string_view verb) {
  return "/containers/" + percent_encoded(key_of(ref)) + std::string(verb);
}

bool says(const HttpResponse& response, std::string_view words) {
  return engine_message(response).find(words) != std::string::npos;
}

bool container_is_ours(const json::object& inspected, const std::string& installation) {
  return is_ours(text_at(object_at(object_at(inspected, "Config"), "Labels"), label::kController), installation);
}

}  // namespace

std::string text_of(const ContainerRef& ref) {
  if (ref.id.empty()) return ref.name;
  return (ref.name.empty() ? "" : ref.name + " ") + "(" + ref.id.substr(0, 12) + ")";
}

Result<std::optional<json::object>> EngineContainers::inspect(const std::string& id_or_name, const ports::Call& call) {
  const auto response = api_.send({.path = "/containers/" + percent_encoded(id_or_name) + "/json"}, call);
  if (!response) return response.error();
  if (response->status == 404) return std::optional<json::object>();
  if (!response->ok()) return engine_error("inspect container " + id_or_name, *response);
  json::error_code failed;
  auto parsed = json::parse(response->body, failed);
  if (failed || !parsed.is_object() || text_at(parsed.get_object(), "Id").empty())
    return Error{ErrorKind::transient, "inspect container " + id_or_name + ": the engine sent no JSON object with Id"};
  return std::optional<json::object>(std::move(parsed.get_object()));
}

Result<void> EngineContainers::start(const StartContainer& action, const ports::Call& call) {
  const auto response = api_.send({.method = "POST", .path = path_of(action.container, "/start")}, call);
  if (!response) return response.error();
  if (!response->ok() && response->status != 304)
    return engine_error("start container " + text_of(action.container), *response);
  if (response->ok()) cure_neighbours(key_of(action.container), call);
  return {};
}

void EngineContainers::cure_neighbours(const std::string& key, const ports::Call& call) {
  if (!local_ || !may_flush_neighbours()) return;
  const auto inspected = inspect(key, call);
  if (!inspected || !inspected->has_value()) return;
  if (object_at(object_at(**inspected, "HostConfig"), "PortBindings").empty()) return;
  std::vector<std::string> addresses;
  for (const auto& [name, endpoint] : object_at(object_at(**inspected, "NetworkSettings"), "Networks"))
    if (endpoint.is_object()) addresses.emplace_back(text_at(endpoint.get_object(), "IPAddress"));
  flush_neighbours(addresses);
}

Result<bool> EngineContainers::passes_gate(const CheckGate& action, const ports::Call& call) {
  const auto inspected = inspect(key_of(action.container), call);
  if (!inspected) return inspected.error();
  if (!inspected->has_value()) return false;
  const ObservedContainer seen = observed_container(**inspected);
  const bool well = seen.health == HealthState::none || seen.health == HealthState::healthy;
  return seen.state == ContainerState::running && seen.restart_count == 0 && well;
}

Result<void> EngineContainers::stop(const StopContainer& action, const ports::Call& call) {
  Query query;
  if (action.grace) query.emplace_back("t", std::to_string((action.grace->count() + 999) / 1000));
  const auto response =
      api_.send({.method = "POST", .path = path_of(action.container, "/stop") + query_text(query)}, call);
  if (!response) return response.error();
  if (response->ok() || response->status == 304 || response->status == 404) return {};
  return engine_error("stop container " + text_of(action.container), *response);
}

Result<void> EngineContainers::unpause(const UnpauseContainer& action, const ports::Call& call) {
  const auto response = api_.send({.method = "POST", .path = path_of(action.container, "/unpause")}, call);
  if (!response) return response.error();
  if (response->ok() || says(*response, "is not paused")) return {};
  return engine_error("unpause container " + text_of(action.container), *response);
}

bool is_vanishing(const json::object& inspected) {
  return text_at(object_at(inspected, "State"), "Status") == "removing";
}

Result<void> EngineContainers::rename(const RenameContainer& action, const ports::Call& call) {
  const std::string what = "rename container " + text_of(action.container) + " to " + action.to;
  const std::string path = path_of(action.container, "/rename") + query_text({{"name", action.to}});
  const auto response = api_.send({.method = "POST", .path = path}, call);
  if (!response) return response.error();
  if (response->ok()) return {};
  const auto holder = inspect(action.to, call);
  if (!holder) return holder.error();
  const bool name_was_taken = response->status == 409;
  if (!holder->has_value() && name_was_taken) {
    return Error{ErrorKind::transient, what + ": the name was taken, and is free now"};
  }
  if (!holder->has_value()) return engine_error(what, *response);
  const std::string holder_id(text_at(**holder, "Id"));
  // Done by an earlier call whose reply was lost: by id it is the same one; by name, ours bears the new name already.
  const bool by_name = action.container.id.empty() && response->status == 404;
  if (holder_id == action.container.id || (by_name && container_is_ours(**holder, installation_))) return {};
  const std::string whose = what + ": the name is taken by container " + holder_id.substr(0, 12);
  if (is_vanishing(**holder)) return Error{ErrorKind::transient, whose + ", which the engine is removing"};
  return Error{ErrorKind::conflict, whose + "; remove or rename that one"};
}

Result<void> EngineContainers::remove(const RemoveContainer& action, const ports::Call& call) {
  const auto inspected = inspect(key_of(action.container), call);
  if (!inspected) return inspected.error();
  if (!inspected->has_value()) return {};
  const std::string what = "remove container " + text_of(action.container);
  if (!container_is_ours(**inspected, installation_))
    return Error{ErrorKind::conflict, what + ": it is not ours, so it stays"};
  const std::string path = path_of(action.container, "") + (action.force ? "?v=0&force=1" : "?v=0");
  const auto response = api_.send({.method = "DELETE", .path = path}, call);
  if (!response) return response.error();
  const bool gone =
      response->ok() || response->status == 404 || (response->status == 409 && says(*response, "already in progress"));
  if (!gone) {
    auto error = engine_error(what, *response);
    // Somebody started it since it was observed: look again.
    if (response->status == 409) error.kind = ErrorKind::transient;
    return error;
  }
  remove_file_volumes(**inspected, call);
  return {};
}

void EngineContainers::remove_file_volumes(const json::object& inspected, const ports::Call& call) {
  for (const auto& mount : array_at(inspected, "Mounts")) {
    if (!mount.is_object()) continue;
    const std::string name(text_at(mount.get_object(), "Name"));
    if (!name.starts_with(kFilesVolumePrefix)) continue;
    // 409 says that another container uses it: then that one's removal takes it away.
    (void)api_.send({.method = "DELETE", .path = "/volumes/" + percent_encoded(name)}, call);
  }
}

Result<void> EngineContainers::update(const UpdateContainer& action, const ports::Call& call) {
  const std::string what = "update container " + text_of(action.container);
  Resources live;
  if (action.resources) {
    const auto inspected = inspect(key_of(action.container), call);
    if (!inspected) return inspected.error();
    if (!inspected->has_value()) return Error{ErrorKind::transient, what + ": it vanished meanwhile"};
    live = observed_container(**inspected).resources;
  }
  const auto body = update_body(action, live);
  if (body.empty()) return {};
  const auto response = api_.send({.method = "POST",
                                   .path = path_of(action.container, "/update"),
                                   .body = json::serialize(body),
                                   .content_type = "application/json"},
                                  call);
  if (!response) return response.error();
  if (response->ok()) return {};
  // Podman before 5 has no such call. Nothing of Podman starts a container again that was stopped through its API, so a
  // swap may go on without the restart policy; limits cannot be done without.
  const auto who = api_.identity(call);
  const bool no_such_call = who && who->podman && response->status == 404 && says(*response, "Not Found");
  if (no_such_call && !action.resources) return {};
  if (no_such_call)
    return Error{ErrorKind::rejected, what + ": " + who->product + " cannot change limits in place; recreate it"};
  return engine_error(what, *response);
}

}  // namespace plimsoll::adapters
