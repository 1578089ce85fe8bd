#include "adapters/docker/observed_json.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <vector>

#include "adapters/docker/docker_labels.hpp"
#include "adapters/docker/json_access.hpp"

namespace plimsoll::adapters {
namespace {

namespace json = boost::json;

constexpr std::size_t kShortId = 12;
constexpr std::size_t kDetailBytes = 8192;  // Docker keeps 4 KiB of what a health check prints

int number_in(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

ContainerState state_of(std::string_view status) {
  for (const auto state :
       {ContainerState::created, ContainerState::running, ContainerState::paused, ContainerState::restarting,
        ContainerState::removing, ContainerState::exited, ContainerState::dead})
    if (status == to_string(state)) return state;
  // Podman's own words.
  if (status == "configured" || status == "initialized") return ContainerState::created;
  if (status == "stopping") return ContainerState::running;
  if (status == "stopped") return ContainerState::exited;
  return ContainerState::dead;
}

HealthState health_of(std::string_view status) {
  for (const auto health : {HealthState::starting, HealthState::healthy, HealthState::unhealthy})
    if (status == to_string(health)) return health;
  return HealthState::none;
}

/// The engine's error, or what the last health check printed: nothing while all is well.
std::string detail_of(const json::object& state) {
  if (const auto error = text_at(state, "Error"); !error.empty()) return std::string(error.substr(0, kDetailBytes));
  const auto& health = object_at(state, "Health");
  const auto& log = array_at(health, "Log");
  const bool is_well = text_at(state, "Status") == "running" && text_at(health, "Status") == "healthy";
  if (is_well || log.empty() || !log.back().is_object()) return {};
  return std::string(text_at(log.back().get_object(), "Output").substr(0, kDetailBytes));
}

/// The aliases that somebody gave; the engine adds the short id by itself (before 25.0).
std::vector<std::string> aliases_of(const json::object& endpoint, std::string_view id) {
  std::set<std::string> aliases;
  for (const auto& alias : array_at(endpoint, "Aliases"))
    if (alias.is_string() && std::string_view(alias.get_string()) != id.substr(0, kShortId))
      aliases.emplace(alias.get_string());
  return {aliases.begin(), aliases.end()};
}

void read_networks(ObservedContainer& container, const json::object& inspected) {
  const auto mode = text_at(object_at(inspected, "HostConfig"), "NetworkMode");
  if (mode.starts_with("container:")) return;  // Podman shows those of the other container
  for (const auto& [name, endpoint] : object_at(object_at(inspected, "NetworkSettings"), "Networks")) {
    // What every container has by default is no network of the desired state.
    const bool by_mode =
        name == mode || (name == "bridge" && mode == "default") || (name == "podman" && mode == "bridge");
    const bool predefined = name == "host" || name == "none" || name == "bridge" || name == "podman";
    if (predefined && by_mode) continue;
    static const json::object empty;
    container.networks[std::string(name)] =
        aliases_of(endpoint.is_object() ? endpoint.get_object() : empty, container.id);
  }
}

/// `container:<id>`: the engine resolves the name that it was given.
void read_namespaces(ObservedContainer& container, const json::object& host) {
  constexpr std::string_view kOfContainer = "container:";
  for (const auto* key : {"NetworkMode", "PidMode", "IpcMode"}) {
    const std::string_view mode = text_at(host, key);
    if (container.namespace_of.empty() && mode.starts_with(kOfContainer))
      container.namespace_of = std::string(mode.substr(kOfContainer.size()));
  }
}

/// The engine names a volume that nobody named by 64 hexadecimal digits.
bool is_anonymous(std::string_view volume) {
  return volume.size() == 64 && volume.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void read_volumes(ObservedContainer& container, const json::object& inspected) {
  for (const auto& mount : array_at(inspected, "Mounts")) {
    if (!mount.is_object() || text_at(mount.get_object(), "Type") != "volume") continue;
    const std::string_view name = text_at(mount.get_object(), "Name");
    if (!is_anonymous(name)) continue;
    container.anonymous_volumes[std::string(text_at(mount.get_object(), "Destination"))] = std::string(name);
  }
}

void read_labels(ObservedContainer& container, const json::object& labels) {
  const auto text = [&labels](std::string_view name) { return std::string(text_at(labels, name)); };
  container.environment = text(label::kEnvironment);
  container.app = text(label::kApp);
  container.service = text(label::kService);
  container.replica = std::max(1, number_in(text_at(labels, label::kReplica)));
  container.attempt = std::max(1, number_in(text_at(labels, label::kAttempt)));
  container.spec_digest = text(label::kSpec);
  container.applied = parse_applied(text_at(labels, label::kApplied));
  container.image_digest = text(label::kImageDigest);
  container.revision = text(label::kRevision);
  container.target_digest = text(label::kTarget);
  container.reload = text(label::kReload);
  container.image = text(label::kImage);
}

void read_state(ObservedContainer& container, const json::object& state) {
  container.state = state_of(text_at(state, "Status"));
  container.health = health_of(text_at(object_at(state, "Health"), "Status"));
  // Podman before 5 names the member as its own API does.
  if (container.health == HealthState::none)
    container.health = health_of(text_at(object_at(state, "Healthcheck"), "Status"));
  container.exit_code = static_cast<int>(number_at(state, "ExitCode"));
  container.oom_killed = flag_at(state, "OOMKilled");
  container.started_at = parse_engine_time(text_at(state, "StartedAt"));
  container.finished_at = parse_engine_time(text_at(state, "FinishedAt"));
  container.detail = detail_of(state);
}

bool names_swap(const Fields& applied) {
  return std::any_of(applied.begin(), applied.end(),
                     [](const auto& field) { return field.first.find("swap") != std::string::npos; });
}

void read_limits(ObservedContainer& container, const json::object& host) {
  const auto& policy = object_at(host, "RestartPolicy");
  container.restart.name = std::string(text_at(policy, "Name"));
  if (container.restart.name.empty()) container.restart.name = "no";
  container.restart.max_retries = static_cast<int>(number_at(policy, "MaximumRetryCount"));
  const auto at_least_none = [&host](std::string_view key) { return std::max<std::int64_t>(0, number_at(host, key)); };
  container.resources.memory = at_least_none("Memory");
  container.resources.memory_reservation = at_least_none("MemoryReservation");
  container.resources.nano_cpus = at_least_none("NanoCpus");
  container.resources.pids_limit = at_least_none("PidsLimit");
  // The engine makes a swap limit up when there is a memory limit: it counts only when somebody asked for one.
  if (names_swap(container.applied)) container.resources.memory_swap = number_at(host, "MemorySwap");
}

}  // namespace

std::optional<Instant> parse_engine_time(std::string_view text) {
  using namespace std::chrono;
  if (text.size() < 19) return std::nullopt;
  const auto part = [&text](std::size_t at, std::size_t length) { return number_in(text.substr(at, length)); };
  const year_month_day date{year{part(0, 4)}, month{static_cast<unsigned>(part(5, 2))},
                            day{static_cast<unsigned>(part(8, 2))}};
  if (!date.ok() || part(0, 4) < 1970) return std::nullopt;
  Instant instant = sys_days{date} + hours{part(11, 2)} + minutes{part(14, 2)} + seconds{part(17, 2)};
  std::size_t at = 19;
  if (at < text.size() && text[at] == '.') {
    int scale = 100;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
      instant += milliseconds{(text[at] - '0') * scale};
  }
  if (at + 6 <= text.size() && (text[at] == '+' || text[at] == '-')) {
    const auto offset = hours{part(at + 1, 2)} + minutes{part(at + 4, 2)};
    instant -= text[at] == '+' ? offset : -offset;
  }
  return instant;
}

namespace {

Uptime uptime_of(std::string_view status) {
  if (status.find("econd") != std::string_view::npos) return Uptime::seconds;
  if (status.find("About a minute") != std::string_view::npos) return Uptime::about_a_minute;
  return Uptime::longer;
}

}  // namespace

ListedContainer listed_container(const json::object& entry) {
  ListedContainer listed;
  listed.id = std::string(text_at(entry, "Id"));
  std::string names;
  for (const auto& name : array_at(entry, "Names")) {
    if (!name.is_string()) continue;
    std::string_view text = name.get_string();
    if (text.starts_with('/')) text.remove_prefix(1);
    if (listed.name.empty() || text.find('/') == std::string_view::npos) listed.name = std::string(text);
    names.append(text).append(",");
  }
  const std::string_view status = text_at(entry, "Status");
  std::string& signature = listed.signature;
  signature.append(text_at(entry, "State")).append("|").append(names).append("|");
  // "Up 5 minutes (healthy)", "Exited (137) 2 hours ago": what stands in brackets is fact, the rest is time.
  for (auto open = status.find('('); open != std::string_view::npos; open = status.find('(', open + 1))
    signature.append(status.substr(open, status.find(')', open) - open));
  signature.append("|").append(text_at(object_at(entry, "Health"), "Status"));
  for (const auto& [name, endpoint] : object_at(object_at(entry, "NetworkSettings"), "Networks")) {
    signature.append("|").append(name);
    if (endpoint.is_object()) signature.append("=").append(text_at(endpoint.get_object(), "EndpointID"));
  }
  listed.uptime = uptime_of(status);
  return listed;
}

ObservedContainer observed_container(const json::object& inspected) {
  ObservedContainer container;
  container.id = std::string(text_at(inspected, "Id"));
  std::string_view name = text_at(inspected, "Name");
  if (name.starts_with('/')) name.remove_prefix(1);
  container.name = std::string(name);
  container.created_at = parse_engine_time(text_at(inspected, "Created"));
  container.restart_count = static_cast<int>(number_at(inspected, "RestartCount"));
  read_labels(container, object_at(object_at(inspected, "Config"), "Labels"));
  if (container.image.empty()) container.image = std::string(text_at(object_at(inspected, "Config"), "Image"));
  read_state(container, object_at(inspected, "State"));
  read_limits(container, object_at(inspected, "HostConfig"));
  read_networks(container, inspected);
  read_namespaces(container, object_at(inspected, "HostConfig"));
  read_volumes(container, inspected);
  return container;
}

}  // namespace plimsoll::adapters
