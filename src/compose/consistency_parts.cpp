#include <map>

#include "compose/consistency.hpp"
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
    watches();
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
    // A group without the key says zero, as in Compose.
    if (other == nullptr || other->as_text() != own->as_text())
      error(*own, key, std::string(key) + " and " + deploy_path + " differ", "give both the same value, or keep one");
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
      if (const Node* target = volumes->items()[i].find("target"))
        mount(volumes->items()[i], target->string(), child_path("volumes", i));
    }
  }

  void watches() {
    const Node* list = find_below(service_, {"develop", "watch"});
    if (list == nullptr) return;
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      const Node& watch = list->items()[i];
      const Node* action = watch.find("action");
      if (action == nullptr || watch.contains("target")) continue;
      if (action->string() != "rebuild" && action->string() != "restart")
        error(watch, child_path("develop.watch", i), "the action " + action->string() + " needs a target", "add it");
    }
  }

  std::string path_;
  const Node& service_;
  bool image_required_;
  Report& report_;
  std::map<std::string, std::string> mounts_;
};

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

}  // namespace plimsoll::compose
