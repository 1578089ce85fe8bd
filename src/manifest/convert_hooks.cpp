#include "manifest/convert_hooks.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "manifest/canonical.hpp"
#include "manifest/digest.hpp"

namespace plimsoll::manifest {
namespace {

constexpr std::pair<std::string_view, Hook> kHooks[] = {
    {"pre_sync", Hook::pre_sync}, {"post_sync", Hook::post_sync}, {"sync_fail", Hook::sync_fail}};

DesiredService* find(std::vector<DesiredService>& services, const std::string& name) {
  const auto found = std::find_if(services.begin(), services.end(),
                                  [&name](const DesiredService& service) { return service.spec.name == name; });
  return found == services.end() ? nullptr : &*found;
}

void mark(const FieldReader& hooks, std::string_view key, Hook kind, const std::string& name,
          std::vector<DesiredService>& services) {
  DesiredService* service = find(services, name);
  if (service == nullptr) {
    return hooks.error(key, "service \"" + name + "\" is not declared", "add it, or correct the name");
  }
  if (service->hook != Hook::none) {
    return hooks.error(key, "service \"" + name + "\" is a hook already", "give each hook a service of its own");
  }
  if (service->spec.restart.name != "no" || service->replicas != 1) {
    return hooks.error(key, "service \"" + name + "\" cannot be a hook, since it is to keep running",
                       "a hook runs once: remove its restart policy and its replicas");
  }
  service->hook = kind;
  service->one_shot = true;
}

/// What a service depends on, directly or not.
std::set<std::string> needed_by(const DesiredService& service, std::vector<DesiredService>& services) {
  std::set<std::string> needed;
  std::vector<std::string> next;
  for (const Dependency& edge : service.depends_on) next.push_back(edge.service);
  while (!next.empty()) {
    const std::string name = next.back();
    next.pop_back();
    const DesiredService* other = find(services, name);
    if (other == nullptr || !needed.insert(name).second) continue;
    for (const Dependency& edge : other->depends_on) next.push_back(edge.service);
  }
  return needed;
}

void depend(DesiredService& service, const std::string& on, Dependency::Condition condition) {
  auto& edges = service.depends_on;
  const auto same = [&on](const Dependency& edge) { return edge.service == on; };
  if (std::any_of(edges.begin(), edges.end(), same)) return;
  edges.push_back({on, condition});
  std::sort(edges.begin(), edges.end(),
            [](const Dependency& left, const Dependency& right) { return left.service < right.service; });
}

void order(const DesiredService& hook, std::vector<DesiredService>& services) {
  const auto needed = needed_by(hook, services);
  for (DesiredService& service : services) {
    if (service.hook != Hook::none) continue;
    if (hook.hook == Hook::pre_sync && !needed.contains(service.spec.name)) {
      depend(service, hook.spec.name, Dependency::Condition::completed);
    }
  }
}

void wait_for_all(DesiredService& hook, const std::vector<DesiredService>& services) {
  for (const DesiredService& service : services) {
    if (service.hook != Hook::none) continue;
    depend(hook, service.spec.name,
           service.one_shot ? Dependency::Condition::completed : Dependency::Condition::healthy);
  }
}

}  // namespace

void convert_hooks(const FieldReader& project, std::vector<DesiredService>& services) {
  const FieldReader hooks = project.at("x-plimsoll").at("hooks");
  for (const compose::Node::Entry& entry : hooks.node().entries()) {
    const auto known = std::find_if(std::begin(kHooks), std::end(kHooks),
                                    [&entry](const auto& hook) { return hook.first == entry.key; });
    if (known == std::end(kHooks)) {
      hooks.error(entry.key, "unknown hook \"" + entry.key + "\"", "use: pre_sync, post_sync, sync_fail");
      continue;
    }
    for (const std::string& name : hooks.texts(entry.key)) mark(hooks, entry.key, known->second, name, services);
  }
  std::string content;
  for (const DesiredService& service : services) {
    if (service.hook == Hook::none) append_part(content, service.digest);
  }
  const std::string digest = sha256_hex(content);
  for (DesiredService& service : services) {
    if (service.hook == Hook::none) continue;
    service.canonical["hook"] = digest;
    service.digest = spec_digest(service.canonical);
    if (service.hook == Hook::pre_sync) order(service, services);
    if (service.hook == Hook::post_sync) wait_for_all(service, services);
  }
}

}  // namespace plimsoll::manifest
