#include "compose/consistency.hpp"

#include <map>
#include <vector>

#include "model/secret.hpp"

namespace plimsoll::compose {
namespace {

class Checker {
 public:
  Checker(const Node& project, const std::set<std::string>& disabled, bool image_required, Report& report)
      : project_(project), disabled_(disabled), image_required_(image_required), report_(report) {}

  void run() {
    const Node* services = project_.find("services");
    if (services == nullptr) return;
    for (const Node::Entry& entry : services->entries()) {
      if (!entry.value.is_mapping()) continue;
      references(entry.key, entry.value);
      container_name(entry);
      check_service(entry.key, entry.value, image_required_, report_);
    }
    for (const Node::Entry& entry : services->entries()) find_cycle(entry.key);
  }

 private:
  bool defined(std::string_view section, std::string_view key) const {
    const Node* resources = project_.find(section);
    return resources != nullptr && resources->contains(key);
  }

  void undefined(const Node& where, const std::string& path, std::string_view kind, const std::string& name,
                 std::string_view section) {
    report_.error(where.place(), path, "refers to undefined " + std::string(kind) + " " + mask_secrets(name),
                  "define it under " + std::string(section) + ": or correct the name");
  }

  void references(const std::string& name, const Node& service) {
    const std::string path = child_path("services", name);
    if (const Node* networks = service.find("networks"))
      for (const Node::Entry& entry : networks->entries())
        if (!defined("networks", entry.key)) {
          Node at;
          at.set_place(entry.key_place);
          undefined(at, child_path(path, "networks"), "network", entry.key, "networks");
        }
    if (const Node* volumes = service.find("volumes"))
      for (std::size_t i = 0; i < volumes->items().size(); ++i)
        volume_reference(volumes->items()[i], child_path(child_path(path, "volumes"), i));
    file_references(service, path, "configs", "config");
    file_references(service, path, "secrets", "secret");
    if (const Node* build = service.find("build")) {
      file_references(*build, path + ".build", "secrets", "secret");
      if (const Node* contexts = build->find("additional_contexts")) build_contexts(*contexts, path);
    }
    if (const Node* models = service.find("models"))
      for (const Node::Entry& entry : models->entries())
        if (!defined("models", entry.key)) undefined(*models, path + ".models", "model", entry.key, "models");
    dependencies(service, path);
  }

  void volume_reference(const Node& volume, const std::string& path) {
    const Node* type = volume.find("type");
    const Node* source = volume.find("source");
    if (type != nullptr && source != nullptr && type->string() == "volume" && !defined("volumes", source->string()))
      undefined(volume, path, "volume", source->string(), "volumes");
  }

  /// `service:NAME` is what that service builds.
  void build_contexts(const Node& contexts, const std::string& path) {
    constexpr std::string_view kPrefix = "service:";
    for (const Node::Entry& context : contexts.entries()) {
      const std::string& text = context.value.string();
      if (!text.starts_with(kPrefix) || disabled_.contains(text.substr(kPrefix.size()))) continue;
      const std::string name = text.substr(kPrefix.size());
      const std::string at = child_path(path + ".build.additional_contexts", context.key);
      const Node* other = project_.find("services")->find(name);
      if (other == nullptr)
        undefined(context.value, at, "service", name, "services");
      else if (!other->contains("build"))
        report_.error(context.value.place(), at, "service " + mask_secrets(name) + " builds nothing",
                      "name one that has a build, or write docker-image://IMAGE");
    }
  }

  void file_references(const Node& owner, const std::string& path, std::string_view section, std::string_view kind) {
    const Node* list = owner.find(section);
    if (list == nullptr) return;
    for (const Node& item : list->items()) {
      const Node* source = item.find("source");
      const std::string name = source == nullptr ? "" : source->string();
      if (!defined(section, name)) undefined(item, child_path(path, section), kind, name, section);
    }
  }

  void dependencies(const Node& service, const std::string& path) {
    const Node* edges = service.find("depends_on");
    if (edges == nullptr) return;
    for (const Node::Entry& edge : edges->entries()) {
      if (defined("services", edge.key)) continue;
      const bool off = disabled_.contains(edge.key);
      const Node* required = edge.value.find("required");
      if (off && required != nullptr && !required->as_bool()) continue;
      report_.error(edge.key_place, child_path(path, "depends_on"),
                    off ? "depends on service " + edge.key + ", which no active profile enables"
                        : "depends on undefined service " + edge.key,
                    off ? "enable its profile, or set required: false" : "define the service or correct the name");
    }
  }

  void container_name(const Node::Entry& entry) {
    const Node* name = entry.value.find("container_name");
    if (name == nullptr) return;
    const auto [known, inserted] = container_names_.emplace(name->string(), entry.key);
    if (!inserted)
      report_.error(
          name->place(), child_path(child_path("services", entry.key), "container_name"),
          "container name \"" + mask_secrets(name->string()) + "\" is already used by service " + known->second,
          "give each service its own");
  }

  /// Depth-first over depends_on; each service is left once.
  void find_cycle(const std::string& start) {
    std::vector<std::pair<std::string, std::size_t>> stack{{start, 0}};
    if (state_[start] != 0) return;
    state_[start] = 1;
    while (!stack.empty()) {
      const std::string name = stack.back().first;
      const Node* service = project_.find("services")->find(name);
      const Node* edges = service == nullptr ? nullptr : service->find("depends_on");
      if (edges == nullptr || stack.back().second >= edges->entries().size()) {
        state_[name] = 2;
        stack.pop_back();
        continue;
      }
      const Node::Entry& edge = edges->entries()[stack.back().second++];
      if (state_[edge.key] == 1) {
        report_.error(edge.key_place, child_path(child_path("services", name), "depends_on"),
                      "the dependency on " + edge.key + " closes a cycle", "remove one of the dependencies");
      } else if (state_[edge.key] == 0 && defined("services", edge.key)) {
        state_[edge.key] = 1;
        stack.emplace_back(edge.key, 0);
      }
    }
  }

  const Node& project_;
  const std::set<std::string>& disabled_;
  bool image_required_;
  Report& report_;
  std::map<std::string, std::string> container_names_;
  std::map<std::string, int> state_;
};

}  // namespace

void check_consistency(const Node& project, const std::set<std::string>& disabled, bool image_required,
                       Report& report) {
  Checker(project, disabled, image_required, report).run();
}

}  // namespace plimsoll::compose
