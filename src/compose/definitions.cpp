#include "compose/consistency.hpp"

namespace plimsoll::compose {
namespace {

class DefinitionChecker {
 public:
  DefinitionChecker(const Node::Entry& service, Report& report)
      : service_(service.value), path_(child_path("services", service.key)), report_(report) {}

  void run() {
    each(service_.find("volumes"), "volumes", [this](const Node& item, const std::string& at) { mount(item, at); });
    each(service_.find("devices"), "devices", [this](const Node& item, const std::string& at) { target(item, at); });
    each(service_.find("ports"), "ports", [this](const Node& item, const std::string& at) { port(item, at); });
    each(service_.find("gpus"), "gpus", [this](const Node& item, const std::string& at) { request(item, at); });
    const Node* devices = service_.find("deploy");
    for (std::string_view key : {"resources", "reservations", "devices"})
      if (devices != nullptr) devices = devices->find(key);
    each(devices, "deploy.resources.reservations.devices",
         [this](const Node& item, const std::string& at) { request(item, at); });
    const Node* develop = service_.find("develop");
    each(develop == nullptr ? nullptr : develop->find("watch"), "develop.watch",
         [this](const Node& item, const std::string& at) { watch(item, at); });
  }

 private:
  template <class Check>
  void each(const Node* list, std::string_view key, Check check) {
    if (list == nullptr) return;
    for (std::size_t i = 0; i < list->items().size(); ++i)
      if (list->items()[i].is_mapping()) check(list->items()[i], child_path(child_path(path_, key), i));
  }

  void mount(const Node& mount, const std::string& at) {
    target(mount, at);
    const Node* type = mount.find("type");
    if (type != nullptr && type->string() == "bind" && !mount.contains("source"))
      report_.error(mount.place(), at, "the key \"source\" is missing: a bind mount needs it", "add it");
  }

  void target(const Node& item, const std::string& at) {
    if (!item.contains("target")) report_.error(item.place(), at, "the key \"target\" is missing", "add it");
  }

  void port(const Node& port, const std::string& at) {
    const Node* target = port.find("target");
    if (target == nullptr)
      report_.error(port.place(), at, "the key \"target\" is missing", "add the container's port");
    else if (target->as_int() < 0 || target->as_int() > 65535)
      report_.error(port.place(), at, "the target is no port number", "use 1 to 65535");
  }

  void request(const Node& request, const std::string& at) {
    if (request.contains("count") && request.contains("device_ids"))
      report_.error(request.place(), at, "count and device_ids of a device request exclude each other",
                    "remove one of the two");
  }

  void watch(const Node& watch, const std::string& at) {
    if (const Node* path = watch.find("path"); path != nullptr && path->is_string() && path->string().empty())
      report_.error(path->place(), child_path(at, "path"), "is empty", "name a file or directory");
  }

  const Node& service_;
  std::string path_;
  Report& report_;
};

void check_content(const Node::Entry& entry, std::string_view section, std::initializer_list<std::string_view> keys,
                   Report& report) {
  int count = 0;
  bool any = section == "configs";
  std::string names;
  for (std::string_view key : keys) {
    const Node* value = entry.value.find(key);
    count += value != nullptr ? 1 : 0;
    // An empty config is one; an empty variable name names no secret.
    any = any || (value != nullptr && !value->string().empty());
    names += (names.empty() ? "" : ", ") + std::string(key);
  }
  if (count > 1)
    report.error(entry.key_place, child_path(section, entry.key), names + " exclude each other", "keep one of them");
  else if ((count == 0 || !any) && !entry.value.contains("external"))
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

void check_definitions(const Node& project, Report& report) {
  if (const Node* services = project.find("services"))
    for (const Node::Entry& entry : services->entries()) DefinitionChecker(entry, report).run();
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
