#include <array>

#include "manifest/service_parts.hpp"

namespace plimsoll::manifest {
namespace {

constexpr std::array<std::string_view, 3> kReservedLabels{"io.plimsoll.", "com.docker.compose.", "com.docker.stack."};

void convert_labels(const FieldReader& service, ServiceSpec& out) {
  out.labels = service.text_map("labels");
  for (const auto& [name, value] : out.labels) {
    for (const std::string_view prefix : kReservedLabels) {
      if (!name.starts_with(prefix)) continue;
      service.error("labels", "label \"" + name + "\" is reserved: containers are known by it", "remove it");
    }
  }
}

void convert_environment(const FieldReader& service, ServiceSpec& out) {
  out.environment = service.optional_map("environment");
  for (const auto& [name, value] : out.environment) {
    if (!name.empty() && name.find('=') == std::string::npos) continue;
    service.error("environment", "\"" + name + "\" is no name for a variable", "write NAME: value");
  }
}

}  // namespace

void convert_process(const FieldReader& service, ServiceSpec& out) {
  out.container_name = service.text("container_name");
  out.command = service.optional_texts("command");
  out.entrypoint = service.optional_texts("entrypoint");
  convert_environment(service, out);
  convert_labels(service, out);
  out.annotations = service.text_map("annotations");
  out.working_dir = service.text("working_dir");
  out.user = service.text("user");
  out.hostname = service.text("hostname");
  out.domainname = service.text("domainname");
  out.stop_signal = service.text("stop_signal");
  out.stop_grace_period = service.duration("stop_grace_period");
  out.init = service.optional_flag("init");
  out.tty = service.flag("tty");
  out.stdin_open = service.flag("stdin_open");
}

void convert_health_check(const FieldReader& service, ServiceSpec& out) {
  if (service.get("healthcheck") == nullptr) return;
  const FieldReader check = service.at("healthcheck");
  HealthCheck converted;
  converted.test = check.optional_texts("test");
  if (const auto* test = check.get("test"); test != nullptr && test->is_string()) {
    converted.test = {"CMD-SHELL", test->string()};
  }
  if (check.flag("disable")) converted.test = {"NONE"};
  if (converted.test && !converted.test->empty()) {
    const std::string& verb = converted.test->front();
    if (verb != "NONE" && verb != "CMD" && verb != "CMD-SHELL") {
      check.error("test", "must start with NONE, CMD or CMD-SHELL, starts with \"" + verb + "\"",
                  "put CMD in front of the command");
    }
  }
  converted.interval = check.duration("interval");
  converted.timeout = check.duration("timeout");
  converted.start_period = check.duration("start_period");
  converted.start_interval = check.duration("start_interval");
  converted.retries = check.small("retries", 0, 1'000'000);
  out.healthcheck = std::move(converted);
}

}  // namespace plimsoll::manifest
