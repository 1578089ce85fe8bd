#include "adapters/docker/container_creation.hpp"

#include <algorithm>
#include <set>

#include "adapters/docker/docker_labels.hpp"
#include "adapters/docker/engine_error.hpp"
#include "adapters/docker/json_access.hpp"
#include "adapters/docker/json_memory.hpp"
#include "adapters/docker/observed_json.hpp"
#include "adapters/docker/repository_archive.hpp"
#include "model/signal_name.hpp"

namespace plimsoll::adapters {

namespace json = boost::json;

/// One creation under way.
struct ContainerCreation::Making {
  CreateInput input;
  [[nodiscard]] const CreateContainer& action() const { return input.create; }
  [[nodiscard]] const ServiceSpec& spec() const { return input.create.service->spec; }
  [[nodiscard]] std::string what() const { return "create container " + action().name; }
};

namespace {

constexpr ApiVersion kManyEndpoints{1, 44};

bool has_files(const ServiceSpec& spec) {
  return std::any_of(spec.mounts.begin(), spec.mounts.end(),
                     [](const Mount& mount) { return mount.type == Mount::Type::repository; });
}

/// What this adapter cannot do for a spec; empty when nothing.
std::string unsupported(const ServiceSpec& spec, ApiVersion version) {
  for (const auto& mount : spec.mounts) {
    if (mount.type == Mount::Type::volume && !mount.subpath.empty() && version < ApiVersion{1, 45})
      return "a subpath of volume " + mount.source + " needs Engine API 1.45 (Docker 26)";
  }
  return {};
}

std::set<std::string> named_services(const ServiceSpec& spec) {
  std::set<std::string> services;
  for (const auto* mode : {&spec.network_mode, &spec.pid, &spec.ipc})
    if (mode->starts_with("service:")) services.insert(mode->substr(8));
  return services;
}

}  // namespace

Result<std::string> ContainerCreation::create(const CreateContainer& action, const TargetId& target,
                                              const SecretTable* secrets, const ports::Call& call) {
  const auto who = api_.identity(call);
  if (!who) return who.error();
  Making making{{action, target, installation_, who->version, secrets, {}, !who->podman}};
  making.input.root_is_open = who->podman;
  if (const auto why = unsupported(making.spec(), who->version); !why.empty())
    return Error{ErrorKind::rejected, making.what() + ": " + why};
  if (const auto resolved = resolve_services(making, call); !resolved) return resolved.error();
  if (const auto looked = look_at_image(making, call); !looked) return looked.error();
  const bool one_call =
      !has_files(making.spec()) && (making.spec().networks.size() < 2 || who->version >= kManyEndpoints);
  return one_call ? create_whole(making, call) : create_in_steps(making, call);
}

Result<HttpResponse> ContainerCreation::post_create(const Making& making, const std::string& name,
                                                    const ports::Call& call) {
  Query query{{"name", name}};
  if (!making.spec().platform.empty()) query.emplace_back("platform", making.spec().platform);
  return api_.send({.method = "POST",
                    .path = "/containers/create" + query_text(query),
                    .body = json::serialize(create_body(making.input)),
                    .content_type = "application/json"},
                   call);
}

namespace {

/// True when the name is taken: 409, or 500 with these words from Podman before 5.
bool name_is_taken(const HttpResponse& response) {
  return response.status == 409 ||
         (response.status == 500 && engine_message(response).find("is already in use") != std::string::npos);
}

/// The id in a good reply, or what a bad one means.
Result<std::string> created_id(const std::string& what, const std::string& image, const HttpResponse& response) {
  json::error_code failed;
  const auto parsed = json::parse(response.body, failed);
  if (response.ok() && !failed && parsed.is_object()) return std::string(text_at(parsed.get_object(), "Id"));
  const std::string message = engine_message(response);
  const bool no_image = response.status == 404 && (message.find("o such image") != std::string::npos ||
                                                   message.find("image not known") != std::string::npos);
  if (no_image)
    return Error{ErrorKind::missing,
                 what + ": image " + image + " is not on the instance (" + shown_message(response) + ")"};
  return engine_error(what, response);
}

}  // namespace

Result<std::string> ContainerCreation::create_whole(const Making& making, const ports::Call& call) {
  const auto response = post_create(making, making.action().name, call);
  if (!response) return response.error();
  if (name_is_taken(*response)) {
    const auto holder = accept_holder(making, call);
    if (!holder) return holder.error();
    if (*holder) return **holder;
    return Error{ErrorKind::transient, making.what() +
                                           ": the engine is still giving the name to a container that it does "
                                           "not show; if that lasts, restart the engine"};
  }
  return created_id(making.what(), making.spec().image, *response);
}

/// The id of the container that has the name, when it is the one that we would make; absent when nobody has the name.
Result<std::optional<std::string>> ContainerCreation::accept_holder(const Making& making, const ports::Call& call) {
  const auto inspected = containers_.inspect(making.action().name, call);
  if (!inspected) return inspected.error();
  if (!inspected->has_value()) return std::optional<std::string>();
  const auto seen = observed_container(**inspected);
  const auto& labels = object_at(object_at(**inspected, "Config"), "Labels");
  const bool ours = is_ours(text_at(labels, label::kController), installation_);
  const auto& action = making.action();
  const bool same = ours && seen.environment == making.input.target.environment &&
                    seen.app == making.input.target.app && seen.service == making.spec().name &&
                    seen.replica == action.replica && seen.spec_digest == action.service->digest &&
                    seen.attempt == action.attempt;
  if (same) return std::optional<std::string>(seen.id);
  const std::string whose = ours ? "container " + seen.id.substr(0, 12) + " of " + seen.environment + "/" + seen.app
                                 : "container " + seen.id.substr(0, 12) + ", which is not ours";
  if (is_vanishing(**inspected)) {
    return Error{ErrorKind::transient, making.what() + ": the engine is still removing " + whose};
  }
  return Error{ErrorKind::conflict,
               making.what() + ": the name is taken by " + whose + "; remove or rename that container"};
}

Result<std::string> ContainerCreation::create_in_steps(const Making& making, const ports::Call& call) {
  const auto holder = accept_holder(making, call);
  if (!holder) return holder.error();
  if (*holder) return **holder;
  const std::string name = making.action().name + ".making";
  // The engine copies what the image has into a volume that is empty, and only then. One that a cut left might be half
  // filled; one that a container uses is whole, and stays.
  for (const auto& volume : single_file_volumes(making.input)) (void)networks_.remove(RemoveFiles{volume}, call);
  auto response = post_create(making, name, call);
  if (response && name_is_taken(*response)) {  // left by a crash
    const auto removed = containers_.remove({{"", name}, true}, call);
    if (!removed) return removed.error();
    response = post_create(making, name, call);
  }
  if (!response) return response.error();
  auto id = created_id(making.what(), making.spec().image, *response);
  if (!id) return id;
  const auto completed = complete(making, *id, call);
  if (completed) return id;
  discard(*id);
  return completed.error();
}

Result<void> ContainerCreation::complete(const Making& making, const std::string& id, const ports::Call& call) {
  if (making.input.version < kManyEndpoints) {
    const auto networks = attachments_of(making.action());
    for (std::size_t at = 1; at < networks.size(); ++at)
      if (auto attached = networks_.attach(id, networks[at], call); !attached) return attached;
  }
  auto copied =
      copy_repository_files(api_, {id, making.spec(), surroundings_of(making.input)}, making.input.secrets, call);
  if (!copied) return copied;
  return containers_.rename({{id, making.action().name + ".making"}, making.action().name}, call);
}

Result<void> ContainerCreation::resolve_services(Making& making, const ports::Call& call) {
  for (const auto& service : named_services(making.spec())) {
    auto container = container_of(service, making.input.target, call);
    if (!container) return with_context(std::move(container).error(), making.what());
    making.input.service_containers[service] = std::move(*container);
  }
  return {};
}

Result<void> ContainerCreation::look_at_image(Making& making, const ports::Call& call) {
  const DesiredService& service = *making.action().service;
  const bool by_signal = service.reload && !service.reload->signal.empty() && service.spec.stop_signal.empty();
  if (!by_signal && !routes_depend_on_image(service.spec, surroundings_of(making.input))) return {};
  auto config = read_image_config(api_, image_to_create(making.action(), making.input.tag_beside_digest), call);
  if (!config) return with_context(std::move(config).error(), making.what());
  if (!config->has_value()) return {};  // the creation will say so
  making.input.image = std::move(**config);
  if (!by_signal || signal_name(making.input.image.stop_signal) != service.reload->signal) return {};
  return Error{ErrorKind::rejected, making.what() + ": x-plimsoll.reload is " + service.reload->signal +
                                        ", by which its image is stopped; reload it by another signal or by a "
                                        "command, or give the service another stop_signal"};
}

Result<std::string> ContainerCreation::container_of(const std::string& service, const TargetId& target,
                                                    const ports::Call& call) {
  const auto is = [](std::string_view name, const std::string& value) { return std::string(name) + "=" + value; };
  const json::object filter{
      {"label", json::array{is(label::kController, installation_), is(label::kEnvironment, target.environment),
                            is(label::kApp, target.app), is(label::kService, service)}}};
  const auto response =
      api_.send({.path = "/containers/json" + query_text({{"all", "1"}, {"filters", json::serialize(filter)}}),
                 .body_limit = kListBytes},
                call);
  if (!response) return response.error();
  if (!response->ok()) return engine_error("list containers of service " + service, *response);
  JsonMemory memory;
  const auto list = memory.parse(response->body);
  std::string best;
  int best_rank = -1;
  if (list.is_array())
    for (const auto& entry : list.get_array()) {
      if (!entry.is_object() || text_at(entry.get_object(), "Id").empty()) continue;
      const auto listed = listed_container(entry.get_object());
      if (is_half_made(listed.name)) continue;
      const int rank =
          (text_at(entry.get_object(), "State") == "running" ? 2 : 0) + (listed.name.ends_with(".prev") ? 0 : 1);
      if (rank > best_rank) best = listed.id;  // the list is newest first
      best_rank = std::max(best_rank, rank);
    }
  if (best.empty()) return Error{ErrorKind::transient, "service " + service + " has no container yet"};
  return best;
}

void ContainerCreation::discard(const std::string& id) {
  // Not the caller's deadline or stop token: they may be why the creation failed.
  const auto call = ports::within(std::chrono::seconds(2));
  (void)containers_.remove({{id, ""}, true}, call);
}

}  // namespace plimsoll::adapters
