#include "adapters/docker/create_body.hpp"

#include <algorithm>

#include "adapters/docker/docker_labels.hpp"
#include "model/image_reference.hpp"
#include "model/signal_name.hpp"

namespace plimsoll::adapters {
namespace {

namespace json = boost::json;

constexpr ApiVersion kManyEndpoints{1, 44};  // also per-endpoint MAC address and health start interval

json::array array_of(const std::vector<std::string>& texts) {
  json::array array;
  for (const auto& text : texts) array.emplace_back(text);
  return array;
}

json::array environment(const ServiceSpec& spec) {
  json::array array;
  for (const auto& [name, value] : spec.environment) array.emplace_back(value ? name + "=" + *value : name);
  return array;
}

/// Puts secret values in the place of their tokens, in every text of `value` but our own record.
void expand_tokens(json::value& value, const SecretTable& secrets) {
  if (value.is_string()) {
    if (has_secret_token(value.get_string())) value = expand_secrets(value.get_string(), secrets);
  } else if (value.is_array()) {
    for (auto& item : value.get_array()) expand_tokens(item, secrets);
  } else if (value.is_object()) {
    for (auto& [name, member] : value.get_object())
      // Our record keeps the tokens: they name a secret and a digest, never its value.
      if (!std::string_view(name).starts_with("io.plimsoll.")) expand_tokens(member, secrets);
  }
}

bool names_secret(const json::value& value) {
  if (value.is_string()) return has_secret_token(value.get_string());
  if (value.is_array()) return std::any_of(value.get_array().begin(), value.get_array().end(), names_secret);
  if (!value.is_object()) return false;
  return std::any_of(value.get_object().begin(), value.get_object().end(), [](const auto& member) {
    return !std::string_view(member.key()).starts_with("io.plimsoll.") && names_secret(member.value());
  });
}

std::int64_t nanoseconds(Millis duration) { return std::chrono::nanoseconds(duration).count(); }

json::object health_body(const HealthCheck& check, const CreateInput& input) {
  json::object body;
  if (check.test) body["Test"] = array_of(*check.test);
  if (check.interval) body["Interval"] = nanoseconds(*check.interval);
  if (check.timeout) body["Timeout"] = nanoseconds(*check.timeout);
  if (check.start_period) body["StartPeriod"] = nanoseconds(*check.start_period);
  if (check.start_interval && input.version >= kManyEndpoints)
    body["StartInterval"] = nanoseconds(*check.start_interval);
  if (check.retries) body["Retries"] = *check.retries;
  return body;
}

json::object exposed_ports(const ServiceSpec& spec) {
  json::object ports;
  for (const auto& port : spec.ports) ports[std::to_string(port.target) + "/" + port.protocol] = json::object();
  return ports;
}

json::object networking(const CreateInput& input) {
  json::object endpoints;
  for (const auto& network : attachments_of(input.create)) {
    endpoints[network.network] = endpoint_settings(network, input.version);
    if (input.version < kManyEndpoints) break;
  }
  return json::object{{"EndpointsConfig", std::move(endpoints)}};
}

void put_names(json::object& body, const CreateInput& input) {
  const ServiceSpec& spec = input.create.service->spec;
  const auto put = [&](const char* key, const std::string& value) {
    if (!value.empty()) body[key] = value;
  };
  put("Hostname", spec.hostname);
  put("Domainname", spec.domainname);
  put("User", spec.user);
  put("WorkingDir", spec.working_dir);
  put("StopSignal", stop_signal_of(input));
}

}  // namespace

std::string stop_signal_of(const CreateInput& input) {
  const DesiredService& service = *input.create.service;
  if (!service.spec.stop_signal.empty()) return service.spec.stop_signal;
  const bool by_signal = service.reload && !service.reload->signal.empty();
  return by_signal && input.image.stop_signal.empty() ? std::string(kDefaultStopSignal) : std::string();
}

std::string image_to_create(const CreateContainer& create, bool tag_beside_digest) {
  const auto reference = parse_image_reference(create.service->spec.image);
  if (!reference || create.image_digest.empty()) return create.service->spec.image;
  if (!tag_beside_digest || !reference->digest.empty()) return reference->with_digest(create.image_digest);
  return reference->tagged_name() + "@" + create.image_digest;
}

std::vector<NetworkAttachment> attachments_of(const CreateContainer& create) {
  auto networks = create.service->spec.networks;
  for (auto& network : networks) {
    if (create.service_alias) network.aliases.push_back(create.service->spec.name);
    std::sort(network.aliases.begin(), network.aliases.end());
    network.aliases.erase(std::unique(network.aliases.begin(), network.aliases.end()), network.aliases.end());
  }
  return networks;
}

json::object endpoint_settings(const NetworkAttachment& network, ApiVersion version) {
  json::object settings;
  json::array aliases;
  for (const auto& alias : network.aliases) aliases.emplace_back(alias);
  settings["Aliases"] = std::move(aliases);
  json::object ipam;
  if (!network.ipv4_address.empty()) ipam["IPv4Address"] = network.ipv4_address;
  if (!network.ipv6_address.empty()) ipam["IPv6Address"] = network.ipv6_address;
  if (!ipam.empty()) settings["IPAMConfig"] = std::move(ipam);
  if (!network.mac_address.empty() && version >= kManyEndpoints) settings["MacAddress"] = network.mac_address;
  if (!network.driver_opts.empty()) {
    json::object options;
    for (const auto& [name, value] : network.driver_opts) options[name] = value;
    settings["DriverOpts"] = std::move(options);
  }
  return settings;
}

json::object create_body(const CreateInput& input) {
  const ServiceSpec& spec = input.create.service->spec;
  json::object body;
  body["Image"] = image_to_create(input.create, input.tag_beside_digest);
  if (spec.command) body["Cmd"] = array_of(*spec.command);
  if (spec.entrypoint) body["Entrypoint"] = array_of(*spec.entrypoint);
  body["Env"] = environment(spec);
  put_names(body, input);
  body["Tty"] = spec.tty;
  body["OpenStdin"] = spec.stdin_open;
  if (spec.stop_grace_period) body["StopTimeout"] = (spec.stop_grace_period->count() + 999) / 1000;
  if (spec.healthcheck) body["Healthcheck"] = health_body(*spec.healthcheck, input);
  body["ExposedPorts"] = exposed_ports(spec);
  json::object labels;
  for (const auto& [name, value] : container_labels(input.create, input.target, input.installation))
    labels[name] = value;
  body["Labels"] = std::move(labels);
  if (!spec.networks.empty()) {
    body["NetworkingConfig"] = networking(input);
    if (!spec.networks.front().mac_address.empty() && input.version < kManyEndpoints)
      body["MacAddress"] = spec.networks.front().mac_address;
  }
  body["HostConfig"] = host_config(input);
  json::value whole = std::move(body);
  if (input.secrets != nullptr) expand_tokens(whole, *input.secrets);
  return std::move(whole.get_object());
}

bool has_secret_files(const ServiceSpec& spec) {
  return std::any_of(spec.mounts.begin(), spec.mounts.end(), [](const Mount& mount) {
    return std::any_of(mount.files.begin(), mount.files.end(),
                       [](const RepositoryFile& file) { return file.content && has_secret_token(*file.content); });
  });
}

bool needs_secrets(CreateInput input) {
  input.secrets = nullptr;
  return has_secret_files(input.create.service->spec) || names_secret(create_body(input));
}

json::object network_body(const NetworkSpec& network, const TargetId& target, const std::string& installation) {
  json::object body{{"Name", network.name},
                    {"CheckDuplicate", true},
                    {"Internal", network.internal},
                    {"Attachable", network.attachable}};
  // Left out, newer engines look for it in the options and in their own configuration.
  if (network.enable_ipv6) body["EnableIPv6"] = true;
  if (!network.driver.empty()) body["Driver"] = network.driver;
  json::object options;
  for (const auto& [name, value] : network.driver_opts) options[name] = value;
  body["Options"] = std::move(options);
  json::array pools;
  for (const auto& pool : network.pools) {
    json::object entry;
    if (!pool.subnet.empty()) entry["Subnet"] = pool.subnet;
    if (!pool.gateway.empty()) entry["Gateway"] = pool.gateway;
    if (!pool.ip_range.empty()) entry["IPRange"] = pool.ip_range;
    json::object reserved;
    for (const auto& [name, address] : pool.aux_addresses) reserved[name] = address;
    if (!reserved.empty()) entry["AuxiliaryAddresses"] = std::move(reserved);
    pools.push_back(std::move(entry));
  }
  if (!pools.empty() || !network.ipam_driver.empty())
    body["IPAM"] = {{"Driver", network.ipam_driver.empty() ? "default" : network.ipam_driver},
                    {"Config", std::move(pools)}};
  json::object labels;
  for (const auto& [name, value] : network_labels(network, target, installation)) labels[name] = value;
  body["Labels"] = std::move(labels);
  return body;
}

json::object volume_body(const VolumeSpec& volume, const TargetId& target, const std::string& installation) {
  json::object body{{"Name", volume.name}};
  if (!volume.driver.empty()) body["Driver"] = volume.driver;
  json::object options;
  for (const auto& [name, value] : volume.driver_opts) options[name] = value;
  body["DriverOpts"] = std::move(options);
  json::object labels;
  for (const auto& [name, value] : volume_labels(volume, target, installation)) labels[name] = value;
  body["Labels"] = std::move(labels);
  return body;
}

json::object update_body(const UpdateContainer& update, const Resources& live) {
  json::object body;
  if (update.restart)
    body["RestartPolicy"] = {{"Name", update.restart->name}, {"MaximumRetryCount", update.restart->max_retries}};
  if (!update.resources) return body;
  const Resources& wanted = *update.resources;
  // Nothing asked for is nothing to repair; an engine could not lift every limit in place anyway.
  const auto put = [&body](const char* key, std::int64_t want, std::int64_t is) {
    if (want != 0 && want != is) body[key] = want;
  };
  put("Memory", wanted.memory, live.memory);
  put("MemoryReservation", wanted.memory_reservation, live.memory_reservation);
  put("NanoCpus", wanted.nano_cpus, live.nano_cpus);
  put("PidsLimit", wanted.pids_limit, live.pids_limit);
  put("MemorySwap", wanted.memory_swap, live.memory_swap);
  // A new memory limit must come with a swap limit that is not smaller; twice the memory is the engine's own default.
  if (body.contains("Memory") && !body.contains("MemorySwap"))
    body["MemorySwap"] = wanted.memory_swap == 0 ? 2 * wanted.memory : wanted.memory_swap;
  return body;
}

}  // namespace plimsoll::adapters
