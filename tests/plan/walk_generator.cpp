#include "plan/walk_generator.hpp"

#include <algorithm>
#include <utility>

#include "plan/canonical_form.hpp"

namespace plimsoll::plan_test {
namespace {

constexpr const char* kNames[] = {"api", "db", "job", "side", "web"};
constexpr std::int64_t kMegabyte = 1'000'000;

DesiredService* find_service(DesiredTarget& desired, const std::string& name) {
  for (auto& service : desired.services) {
    if (service.spec.name == name) return &service;
  }
  return nullptr;
}

}  // namespace

WalkGenerator::WalkGenerator(Dice& dice, EngineSimulation& engine) : dice_(dice), engine_(engine) {
  desired_.id = {"dev", "shop", "one"};
  desired_.sync.self_heal = dice_.chance(90);
  for (const auto* network : {"dev-shop_default", "dev-shop_back", "dev_edge"}) {
    NetworkSpec spec;
    spec.name = network;
    spec.digest = "v1:0";
    desired_.networks.push_back(spec);
  }
  VolumeSpec volume;
  volume.name = "dev-shop_data";
  desired_.volumes.push_back(volume);
  const int count = 1 + dice_.roll(3);
  for (int i = 0; i < count; ++i) add_service(kNames[(dice_.roll(5) + i) % 5]);
  refresh();
}

Behaviour WalkGenerator::make_behaviour(const std::string& service, bool good) {
  Behaviour behaviour;
  behaviour.healthy_after = Millis(500 * dice_.roll(20));
  if (service == "job") {
    behaviour.exit_after = Millis(500 * dice_.roll(8));
    behaviour.exit_code = good || dice_.chance(70) ? 0 : 1;
    return behaviour;
  }
  behaviour.dies_of_reload = dice_.chance(20);
  if (good) return behaviour;
  switch (dice_.roll(10)) {
    case 0: behaviour.unhealthy = true; break;
    case 1: behaviour.undecided = true; break;
    case 2: behaviour.exit_after = Millis(0); break;
    case 3: behaviour.exit_after = Millis(500 + 500 * dice_.roll(30)); break;
    default: break;
  }
  return behaviour;
}

void WalkGenerator::set_version(DesiredService& service, int version) {
  service.spec.image = service.spec.name + ":" + std::to_string(version);
}

void WalkGenerator::add_service(const std::string& name) {
  if (find_service(desired_, name) != nullptr) return;
  // What was renamed has the port or the volume.
  if (name == "web" && find_service(desired_, "front") != nullptr) return;
  if (name == "db" && find_service(desired_, "store") != nullptr) return;
  DesiredService service;
  service.spec.name = name;
  service.one_shot = name == "job";
  NetworkAttachment attachment;
  attachment.network = "dev-shop_default";
  service.spec.networks.push_back(attachment);
  service.rollout.parallelism = dice_.roll(3);
  if (dice_.chance(25)) service.rollout.min_ready = Millis(0);
  if (name == "db") {
    Mount mount;
    mount.source = "dev-shop_data";
    mount.target = "/data";
    service.spec.mounts.push_back(mount);
  } else if (name == "web" && dice_.chance(50)) {
    PortMapping port;
    port.published = "8080";
    port.target = 80;
    service.spec.ports.push_back(port);
  } else if (name != "job") {
    service.replicas = 1 + dice_.roll(3);
  }
  if ((name == "api" || name == "db") && dice_.chance(60)) {
    Mount files;
    files.type = Mount::Type::repository;
    files.target = "/etc/" + name + ".conf";
    files.digest = "0";
    service.spec.mounts.push_back(files);
    service.reload = Reload{"SIGHUP", {}, files.target};
  }
  if (name != "job") {
    if (dice_.chance(60)) service.spec.healthcheck = HealthCheck{};
    if (dice_.chance(60)) service.spec.restart.name = "unless-stopped";
  }
  const int version = ++versions_[name];
  set_version(service, version);
  engine_.set_behaviour(service.spec.image, make_behaviour(name, dice_.chance(60)));
  desired_.services.push_back(service);
}

void WalkGenerator::connect_dependencies() {
  const auto depend = [this](const char* dependent, const char* on, Dependency::Condition condition) {
    DesiredService* service = find_service(desired_, dependent);
    if (service == nullptr) return;
    std::erase_if(service->depends_on, [on](const Dependency& dependency) { return dependency.service == on; });
    Dependency dependency;
    dependency.service = on;
    dependency.condition = condition;
    dependency.restart = condition == Dependency::Condition::healthy;
    if (find_service(desired_, on) != nullptr) service->depends_on.push_back(dependency);
  };
  depend("api", "db", Dependency::Condition::healthy);
  depend("api", "job", Dependency::Condition::completed);
  depend("web", "api", Dependency::Condition::started);
}

/// It lives in the network of another service when that one is there, else in its own.
void WalkGenerator::share_namespace(DesiredService& service) {
  const char* parent = find_service(desired_, "db") != nullptr ? "db" : "web";
  const bool shares = find_service(desired_, parent) != nullptr;
  service.replicas = 1;
  service.spec.network_mode = shares ? std::string("service:") + parent : "";
  service.spec.networks.clear();
  if (shares) return;
  NetworkAttachment own;
  own.network = "dev-shop_default";
  service.spec.networks.push_back(own);
}

void WalkGenerator::refresh() {
  connect_dependencies();
  std::sort(desired_.services.begin(), desired_.services.end(),
            [](const auto& left, const auto& right) { return left.spec.name < right.spec.name; });
  for (auto& service : desired_.services) {
    if (service.spec.name == "side") share_namespace(service);
    complete(service);
  }
  complete(desired_);
  desired_.revision = {"main", std::to_string(++revision_)};
}

void WalkGenerator::change_service(DesiredService& service) {
  const std::string& name = service.spec.name;
  if (service.reload && dice_.chance(40)) {
    service.spec.mounts.back().digest = std::to_string(dice_.roll(4));
    return;
  }
  const int change = dice_.roll(10);
  switch (name == "side" && (change == 2 || change == 3) ? 9 : change) {
    case 0: service.spec.resources.memory = kMegabyte * (1 + dice_.roll(3)); break;
    case 1: service.spec.restart.name = dice_.chance(50) || name == "job" ? "no" : "always"; break;
    case 2:
      if (service.spec.networks.size() > 1) {
        service.spec.networks.pop_back();
      } else {
        NetworkAttachment attachment;
        attachment.network = dice_.chance(50) ? "dev-shop_back" : "dev_edge";
        service.spec.networks.push_back(attachment);
      }
      break;
    case 3: {
      auto& aliases = service.spec.networks.front().aliases;
      aliases = aliases.empty() ? std::vector<std::string>{"old-name"} : std::vector<std::string>{};
      break;
    }
    case 4:
      if (name == "api") service.replicas = 1 + dice_.roll(3);
      break;
    case 5:
    case 6: set_version(service, 1 + dice_.roll(versions_[name])); break;
    default:
      set_version(service, ++versions_[name]);
      engine_.set_behaviour(service.spec.image, make_behaviour(name, dice_.chance(50)));
      break;
  }
}

/// Now and then to options that the engine refuses.
void WalkGenerator::change_network(bool good) {
  auto& network = desired_.networks[static_cast<std::size_t>(dice_.roll(3))];
  network.digest = "v1:" + std::to_string(++networks_made_) + (good || dice_.chance(80) ? "" : "bad");
}

/// The same under another name, with the same host port or volume.
void WalkGenerator::rename_service() {
  for (const auto& [one, other] : kRenamed) {
    DesiredService* service = find_service(desired_, std::string(one));
    std::string name(other);
    if (service == nullptr) {
      service = find_service(desired_, name);
      name = one;
    }
    if (service == nullptr || dice_.chance(50)) continue;
    service->spec.name = name;
    set_version(*service, ++versions_[name]);
    engine_.set_behaviour(service->spec.image, make_behaviour(name, dice_.chance(60)));
    return;
  }
}

void WalkGenerator::change() {
  if (dice_.chance(6)) rename_service();
  if (dice_.chance(10)) change_network(false);
  // A commit elsewhere, as a controller sees it that has been restarted.
  if (dice_.chance(15)) return refresh();
  if (dice_.chance(8)) add_service(kNames[dice_.roll(5)]);
  if (dice_.chance(5) && desired_.services.size() > 1) {
    desired_.services.erase(desired_.services.begin() + dice_.roll(static_cast<int>(desired_.services.size())));
  }
  change_service(desired_.services[static_cast<std::size_t>(dice_.roll(static_cast<int>(desired_.services.size())))]);
  refresh();
}

void WalkGenerator::mend() {
  for (auto& service : desired_.services) {
    set_version(service, ++versions_[service.spec.name]);
    engine_.set_behaviour(service.spec.image, make_behaviour(service.spec.name, true));
  }
  for (auto& network : desired_.networks) {
    if (network.digest.ends_with("bad")) network.digest = "v1:mended";
  }
  change_network(true);
  desired_.sync.self_heal = true;
  refresh();
}

void WalkGenerator::drift() {
  std::vector<SimContainer*> targets;
  for (auto& container : engine_.containers()) {
    if (container.ours && container.seen.app == desired_.id.app) targets.push_back(&container);
  }
  if (targets.empty()) return;
  SimContainer& container = *targets[static_cast<std::size_t>(dice_.roll(static_cast<int>(targets.size())))];
  switch (dice_.roll(9)) {
    case 0: engine_.stop(container, 137); break;
    case 1: engine_.stop(container, 0); break;
    case 2: engine_.stop(container, 1); break;
    case 3: engine_.remove(container.seen.id); break;
    case 4:
      if (container.seen.state == ContainerState::running) container.seen.state = ContainerState::paused;
      break;
    case 5:
      container.seen.networks.clear();
      container.endpoints.clear();
      break;
    case 6: container.seen.restart.name = container.seen.restart.name == "no" ? "always" : "no"; break;
    case 7: container.seen.resources.memory = 77 * kMegabyte; break;
    default: engine_.start(container); break;
  }
}

}  // namespace plimsoll::plan_test
