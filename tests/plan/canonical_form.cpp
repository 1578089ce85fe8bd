#include "plan/canonical_form.hpp"

namespace plimsoll::plan_test {
namespace {

void add_number(Fields& fields, const std::string& path, std::int64_t value) {
  if (value != 0) fields[path] = std::to_string(value);
}

void add_networks(Fields& fields, const ServiceSpec& spec) {
  for (const auto& attachment : spec.networks) {
    const std::string path = "networks." + attachment.network;
    fields[path] = "";
    for (std::size_t i = 0; i < attachment.aliases.size(); ++i) {
      fields[path + ".aliases[" + std::to_string(i) + "]"] = attachment.aliases[i];
    }
    if (!attachment.ipv4_address.empty()) fields[path + ".ipv4_address"] = attachment.ipv4_address;
  }
}

}  // namespace

void complete(DesiredService& service) {
  Fields fields;
  const ServiceSpec& spec = service.spec;
  fields["image"] = spec.image;
  if (!spec.hostname.empty()) fields["hostname"] = spec.hostname;
  if (!spec.container_name.empty()) fields["container_name"] = spec.container_name;
  if (!spec.network_mode.empty()) fields["network_mode"] = spec.network_mode;
  for (const auto& [name, value] : spec.environment) fields["environment." + name] = value.value_or("");
  for (std::size_t i = 0; i < spec.ports.size(); ++i) {
    fields["ports[" + std::to_string(i) + "]"] =
        spec.ports[i].published + ":" + std::to_string(spec.ports[i].target) + "/tcp";
  }
  for (std::size_t i = 0; i < spec.mounts.size(); ++i) {
    if (spec.mounts[i].type == Mount::Type::repository) {
      fields["mounts." + spec.mounts[i].target + ".digest"] = spec.mounts[i].digest;
      continue;
    }
    fields["mounts[" + std::to_string(i) + "].source"] = spec.mounts[i].source;
  }
  if (spec.healthcheck && spec.healthcheck->test) fields["healthcheck.test[0]"] = spec.healthcheck->test->front();
  if (spec.restart.name != "no") {
    fields["restart"] = spec.restart.max_retries == 0
                            ? spec.restart.name
                            : spec.restart.name + ":" + std::to_string(spec.restart.max_retries);
  }
  add_number(fields, "resources.memory", spec.resources.memory);
  add_number(fields, "resources.nano_cpus", spec.resources.nano_cpus);
  add_number(fields, "resources.pids_limit", spec.resources.pids_limit);
  add_networks(fields, spec);
  service.digest = "v1:";
  for (const auto& [path, value] : fields) service.digest += path + "=" + value + ";";
  service.canonical = std::move(fields);
}

void complete(DesiredTarget& target) {
  target.digest.clear();
  for (const auto& network : target.networks) target.digest += network.name + " " + network.digest + "\n";
  for (const auto& service : target.services) {
    target.digest += service.spec.name + " " + std::to_string(service.replicas) + " " + service.digest + "\n";
  }
}

}  // namespace plimsoll::plan_test
