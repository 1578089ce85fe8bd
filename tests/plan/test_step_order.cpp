#include <catch2/catch.hpp>

#include "model/target_memory.hpp"
#include "plan/step_order.hpp"

using namespace plimsoll;
using namespace plimsoll::plan;

namespace {

using Order = std::vector<std::vector<std::size_t>>;

const TargetId kTarget{"dev", "shop", "one"};

DesiredService service(const std::string& name, const std::string& depends_on = {}) {
  DesiredService made;
  made.spec.name = name;
  made.spec.image = name + ":1";
  if (!depends_on.empty()) made.depends_on.push_back({.service = depends_on});
  return made;
}

DesiredTarget target(std::vector<DesiredService> services) {
  DesiredTarget made;
  made.id = kTarget;
  made.services = std::move(services);
  return made;
}

Step start(const std::string& name) { return {name, StartContainer{{"", name}}, ""}; }
Step stop(const std::string& name) { return {name, StopContainer{{"", name}, {}}, ""}; }
Step create(const DesiredService& made) {
  return {made.spec.name, CreateContainer{.name = made.spec.name, .service = std::make_shared<DesiredService>(made)},
          ""};
}

Order order_of(std::vector<Step> steps, const DesiredTarget& desired, const ObservedInstance& observed = {},
               std::size_t prepares = 0) {
  Plan plan;
  plan.target = kTarget;
  plan.steps = std::move(steps);
  plan.prepares = prepares;
  return step_order(plan, &desired, &observed);
}

void publish(DesiredService& service, const std::string& published) {
  PortMapping port;
  port.published = published;
  port.target = 80;
  service.spec.ports.push_back(port);
}

}  // namespace

TEST_CASE("the steps of one service keep their order, those of others run beside them") {
  const auto desired = target({service("a"), service("b")});
  CHECK(order_of({stop("a"), stop("b"), start("a"), start("b")}, desired) == Order{{}, {}, {0}, {1}});
}

TEST_CASE("a service comes after what it depends on, over others that have no steps, too") {
  const auto desired = target({service("a"), service("b", "a"), service("c", "b"), service("d")});
  CHECK(order_of({start("a"), start("c"), start("d")}, desired) == Order{{}, {0}, {}});
  SECTION("also when the plan has the dependent first") {
    CHECK(order_of({stop("c"), start("a")}, desired) == Order{{}, {0}});
  }
}

TEST_CASE("a service comes after the one in whose network it lives") {
  auto sidecar = service("b");
  sidecar.spec.network_mode = "service:a";
  CHECK(order_of({start("a"), start("b")}, target({service("a"), sidecar})) == Order{{}, {0}});
}

TEST_CASE("what is ensured is waited for by those who need it, and by nobody else") {
  auto a = service("a");
  auto b = service("b");
  NetworkAttachment attachment;
  attachment.network = "dev-shop_default";
  a.spec.networks.push_back(attachment);
  Mount mount;
  mount.source = "dev-shop_data";
  b.spec.mounts.push_back(mount);
  NetworkSpec network;
  network.name = "dev-shop_default";
  VolumeSpec volume;
  volume.name = "dev-shop_data";
  const auto desired = target({a, b});
  CHECK(order_of({{"a", EnsureImage{"a", "a:1", "", ""}, ""},
                  {"b", EnsureImage{"b", "b:1", "", ""}, ""},
                  {"", EnsureNetwork{network}, ""},
                  {"", EnsureVolume{volume}, ""},
                  create(a),
                  create(b),
                  {"b", ConnectNetwork{{"", "b"}, attachment}, ""}},
                 desired) == Order{{}, {}, {}, {}, {0, 2}, {1, 3}, {1, 2, 5}});
}

TEST_CASE("nothing that runs is touched before all is prepared") {
  const auto a = service("a");
  const auto b = service("b");
  CHECK(order_of({create(a), create(b), start("a"), start("b")}, target({a, b}), {}, 2) ==
        Order{{}, {}, {0, 1}, {0, 1}});
}

TEST_CASE("what is held waits for everything else, and its services run side by side") {
  Plan plan;
  plan.target = kTarget;
  plan.steps = {start("a"), start("b"), start("c"), start("d")};
  plan.held = 2;
  const DesiredTarget desired = target({service("a"), service("b"), service("c"), service("d")});
  CHECK(step_order(plan, &desired, nullptr) == Order{{}, {}, {0, 1}, {0, 1}});
}

TEST_CASE("services that want the same host port, or have it, keep their order") {
  auto a = service("a");
  auto b = service("b");
  SECTION("both want it") {
    publish(a, "8080");
    publish(b, "8080");
    CHECK(order_of({start("a"), start("b")}, target({a, b})) == Order{{}, {0}});
  }
  SECTION("one has it, the other wants it") {
    publish(b, "8080");
    ObservedContainer old;
    old.environment = kTarget.environment;
    old.app = kTarget.app;
    old.service = "a";
    old.applied = {{"ports[0]", GENERATE("8080:80/tcp", "127.0.0.1:8080:80/tcp", "[::1]:8080:80/tcp")}};
    CHECK(order_of({stop("a"), start("b")}, target({a, b}), {.containers = {old}}) == Order{{}, {0}});
    old.app = "another";
    CHECK(order_of({stop("a"), start("b")}, target({a, b}), {.containers = {old}}) == Order{{}, {}});
  }
  SECTION("others") {
    publish(a, "8080");
    publish(b, "8081");
    CHECK(order_of({start("a"), start("b")}, target({a, b})) == Order{{}, {}});
  }
}

TEST_CASE("a container name that one gives up and the other takes keeps their order") {
  const auto desired = target({service("a"), service("b")});
  CHECK(order_of({{"a", RenameContainer{{"1", "proxy"}, "old"}, ""}, {"b", RenameContainer{{"2", "b"}, "proxy"}, ""}},
                 desired) == Order{{}, {0}});
}

TEST_CASE("a step of the target as a whole comes after all before it, and before all after it") {
  const auto desired = target({service("a"), service("b")});
  CHECK(order_of({stop("a"), stop("b"), {"", RemoveNetwork{"1", "n"}, ""}, start("a")}, desired) ==
        Order{{}, {}, {0, 1}, {0, 2}});
}

TEST_CASE("what removes a network stays in order with what leaves, makes or joins it") {
  const auto desired = target({service("a"), service("b")});
  NetworkSpec network;
  network.name = "n";
  const std::string self(kNetworks);
  CHECK(order_of({{"a", DisconnectNetwork{{"", "a"}, "n"}, ""},
                  {"b", DisconnectNetwork{{"", "b"}, "m"}, ""},
                  {self, RemoveNetwork{"1", "n"}, ""},
                  {self, EnsureNetwork{network}, ""},
                  {"b", ConnectNetwork{{"", "b"}, {.network = "n"}}, ""}},
                 desired) == Order{{}, {}, {0}, {2}, {1, 2, 3}});
}

TEST_CASE("a removal needs no desired state") {
  Plan plan;
  plan.target = kTarget;
  plan.steps = {stop("a"), {"a", RemoveContainer{{"", "a"}}, ""}, stop("b")};
  CHECK(step_order(plan, nullptr, nullptr) == Order{{}, {0}, {}});
}

TEST_CASE("after a failure in one replica goes on what puts another one right and takes nothing away") {
  const auto later = [](Action action, int replica) { return Step{"a", std::move(action), "", replica}; };
  const ContainerRef own{"1", "a"};
  const std::vector<Action> adds{StartContainer{own}, UnpauseContainer{own}, RenameContainer{own, "b"},
                                 ConnectNetwork{own, {.network = "n"}}};
  const std::vector<Action> takes{StopContainer{own, {}}, RemoveContainer{own, false}, DisconnectNetwork{own, "n"}};
  for (const auto& action : adds) {
    CHECK(goes_on_after({1}, later(action, 2)));
    CHECK_FALSE(goes_on_after({1, 2}, later(action, 2)));
    CHECK_FALSE(goes_on_after({1}, later(action, 0)));
    CHECK_FALSE(goes_on_after({0}, later(action, 2)));
  }
  for (const auto& action : takes) CHECK_FALSE(goes_on_after({1}, later(action, 2)));
}
