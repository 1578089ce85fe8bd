#include <map>

#include "compose/byte_size.hpp"
#include "compose/consistency.hpp"
#include "compose/port_syntax.hpp"
#include "compose/text_split.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {
namespace {

const Node* find_below(const Node& node, std::initializer_list<std::string_view> keys) {
  const Node* at = &node;
  for (std::string_view key : keys)
    if (at != nullptr) at = at->find(key);
  return at;
}

class ServiceChecker {
 public:
  ServiceChecker(const std::string& name, const Node& service, bool image_required, Report& report)
      : path_(child_path("services", name)), service_(service), image_required_(image_required), report_(report) {}

  void run() {
    if (image_required_ && !has("image") && !has("build") && !has("provider"))
      error(service_, "", "has neither an image nor a build context", "give it an image");
    if (has("network_mode") && has("networks"))
      error(at("network_mode"), "network_mode", "network_mode and networks exclude each other",
            "remove one of the two");
    build();
    health_check();
    scale();
    limits();
    mounts();
    ports();
    device_requests();
    patterns();
  }

 private:
  bool has(std::string_view key) const { return service_.contains(key); }
  const Node& at(std::string_view key) const { return *service_.find(key); }
  void error(const Node& where, std::string_view key, std::string message, std::string mend) {
    report_.error(where.place(), key.empty() ? path_ : child_path(path_, key), std::move(message), std::move(mend));
  }

  void build() {
    const Node* build = service_.find("build");
    if (build == nullptr) return;
    if (build->contains("dockerfile") && build->contains("dockerfile_inline"))
      error(*build, "build", "dockerfile and dockerfile_inline exclude each other", "remove one of the two");
    const Node* platforms = build->find("platforms");
    const Node* platform = service_.find("platform");
    if (platforms == nullptr || platform == nullptr) return;
    for (const Node& item : platforms->items())
      if (item.equals(*platform)) return;
    error(*platform, "platform", "build.platforms does not hold the service's platform", "add it");
  }

  void health_check() {
    const Node* test = find_below(service_, {"healthcheck", "test"});
    if (test == nullptr || test->items().empty()) return;
    const std::string& verb = test->items()[0].string();
    if (verb != "CMD" && verb != "CMD-SHELL" && verb != "NONE")
      error(*test, "healthcheck.test", "must start with CMD, CMD-SHELL or NONE", "put CMD in front");
  }

  void scale() {
    const Node* scale = service_.find("scale");
    const Node* replicas = find_below(service_, {"deploy", "replicas"});
    if (scale != nullptr && replicas != nullptr && !scale->equals(*replicas))
      error(*scale, "scale", "scale and deploy.replicas differ", "keep deploy.replicas only");
    for (const Node* count : {scale, replicas})
      if (count != nullptr && count->as_int() < 0)
        error(*count, count == scale ? "scale" : "deploy.replicas", "must not be negative", "use 0 or more");
    const Node* count = scale != nullptr ? scale : replicas;
    if (count != nullptr && count->as_int() > 1 && has("container_name"))
      error(at("container_name"), "container_name", "container_name is unique, but the service has several replicas",
            "remove container_name");
  }

  void conflict(std::string_view key, std::initializer_list<std::string_view> deploy_keys,
                const std::string& deploy_path) {
    const Node* own = service_.find(key);
    const Node* group = find_below(service_, {"deploy", "resources", *deploy_keys.begin()});
    if (own == nullptr || group == nullptr) return;
    const Node* other = group->find(*(deploy_keys.begin() + 1));
    if (other != nullptr && other->as_text() == own->as_text()) return;
    // Compose compares with zero when only the group is there; only a real difference is worth an error.
    if (other == nullptr && key != "cpus") return;
    error(*own, key, std::string(key) + " and " + deploy_path + " differ", "keep one of the two");
  }

  void limits() {
    conflict("cpus", {"limits", "cpus"}, "deploy.resources.limits.cpus");
    conflict("mem_limit", {"limits", "memory"}, "deploy.resources.limits.memory");
    conflict("mem_reservation", {"reservations", "memory"}, "deploy.resources.reservations.memory");
    conflict("pids_limit", {"limits", "pids"}, "deploy.resources.limits.pids");
  }

  void mount(const Node& where, const std::string& target, const std::string& path) {
    const auto [known, inserted] = mounts_.emplace(target, path);
    if (!inserted)
      error(where, path, "target " + mask_secrets(target) + " is already mounted by " + known->second,
            "use another target");
  }

  void mounts() {
    if (const Node* list = service_.find("tmpfs"))
      for (std::size_t i = 0; i < list->items().size(); ++i)
        mount(list->items()[i], split_outside_tokens(list->items()[i].string(), ':')[0], child_path("tmpfs", i));
    const Node* volumes = service_.find("volumes");
    if (volumes == nullptr) return;
    for (std::size_t i = 0; i < volumes->items().size(); ++i) {
      if (!volumes->items()[i].is_mapping()) continue;
      const Node* target = volumes->items()[i].find("target");
      if (target == nullptr)
        error(volumes->items()[i], child_path("volumes", i), "the key \"target\" is missing", "add it");
      else
        mount(volumes->items()[i], target->string(), child_path("volumes", i));
    }
  }

  void ports() {
    const Node* list = service_.find("ports");
    if (list == nullptr) return;
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      const Node& port = list->items()[i];
      if (!port.is_mapping()) continue;
      const Node* target = port.find("target");
      if (target == nullptr)
        error(port, child_path("ports", i), "the key \"target\" is missing", "add the container's port");
      else if (target->as_int() < 0 || target->as_int() > 65535)
        error(port, child_path("ports", i), "the target is no port number", "use 1 to 65535");
      const Node* ip = port.find("host_ip");
      if (ip != nullptr && !is_ip_address(ip->string()))
        error(*ip, child_path("ports", i), "host_ip \"" + mask_secrets(ip->string()) + "\" is no IP address",
              "give a literal address");
    }
  }

  void device_requests() {
    for (const Node* list :
         {service_.find("gpus"), find_below(service_, {"deploy", "resources", "reservations", "devices"})})
      if (list != nullptr)
        for (const Node& request : list->items()) {
          if (request.contains("count") && request.contains("device_ids"))
            error(request, "", "count and device_ids of a device request exclude each other", "remove one of the two");
          if (list != service_.find("gpus") && !request.contains("capabilities") && !request.contains("driver"))
            error(request, "deploy.resources.reservations.devices", "a device request needs capabilities",
                  "add capabilities, such as [gpu]");
        }
  }

  void patterns() {
    if (const Node* policy = service_.find("pull_policy")) {
      bool known = policy->string().starts_with("every_");
      for (std::string_view word :
           {"always", "never", "build", "if_not_present", "missing", "refresh", "daily", "weekly"})
        known = known || policy->string().find(word) != std::string::npos;
      if (!known)
        error(*policy, "pull_policy", "\"" + mask_secrets(policy->string()) + "\" is no pull policy",
              "use always, never, missing, build, daily, weekly or every_<duration>");
    }
  }

  std::string path_;
  const Node& service_;
  bool image_required_;
  Report& report_;
  std::map<std::string, std::string> mounts_;
};

void check_content(const Node::Entry& entry, std::string_view section, std::initializer_list<std::string_view> keys,
                   Report& report) {
  int count = 0;
  std::string names;
  for (std::string_view key : keys) {
    count += entry.value.contains(key) ? 1 : 0;
    names += (names.empty() ? "" : ", ") + std::string(key);
  }
  if (count > 1)
    report.error(entry.key_place, child_path(section, entry.key), names + " exclude each other", "keep one of them");
  if (count == 0 && !entry.value.contains("external") && !entry.value.contains("driver"))
    report.error(entry.key_place, child_path(section, entry.key), "one of " + names + " must be set", "add one");
}

void check_volume(const Node::Entry& entry, Report& report) {
  const Node* external = entry.value.find("external");
  if (external == nullptr || !external->as_bool()) return;
  for (const Node::Entry& attribute : entry.value.entries())
    if (attribute.key != "external" && attribute.key != "name")
      report.error(attribute.key_place, child_path(child_path("volumes", entry.key), attribute.key),
                   "an external volume takes no other keys than name", "remove it");
}

}  // namespace

void check_service(const std::string& name, const Node& service, bool image_required, Report& report) {
  ServiceChecker(name, service, image_required, report).run();
}

void check_home_paths(const Node& project, Report& report) {
  const Node* services = project.find("services");
  if (services == nullptr) return;
  for (const Node::Entry& entry : services->entries()) {
    const Node* volumes = entry.value.find("volumes");
    for (std::size_t i = 0; volumes != nullptr && i < volumes->items().size(); ++i) {
      const Node* source = volumes->items()[i].find("source");
      if (source != nullptr && source->string().starts_with("~"))
        report.error(source->place(), child_path(child_path("services", entry.key) + ".volumes", i),
                     "the source begins with ~, which depends on a user",
                     "give an absolute path or one of the repository");
    }
  }
}

void check_resources(const Node& project, Report& report) {
  if (const Node* volumes = project.find("volumes"))
    for (const Node::Entry& entry : volumes->entries()) check_volume(entry, report);
  if (const Node* configs = project.find("configs"))
    for (const Node::Entry& entry : configs->entries())
      check_content(entry, "configs", {"file", "environment", "content"}, report);
  if (const Node* secrets = project.find("secrets"))
    for (const Node::Entry& entry : secrets->entries())
      check_content(entry, "secrets", {"file", "environment"}, report);
}

}  // namespace plimsoll::compose
