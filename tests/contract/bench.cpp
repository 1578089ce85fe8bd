#include "contract/bench.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "adapters/docker/docker_engine.hpp"
#include "support/memory_engine.hpp"

namespace plimsoll::test {
namespace {

using namespace std::chrono_literals;

class MemoryBench final : public Bench {
 public:
  MemoryBench() {
    add("idle:1", runs());
    add("idle:2", runs());
    add("serves:1", runs());
    add("healthy:1", becomes_healthy_after(200ms));
    add("unhealthy:1", becomes_unhealthy_after(200ms));
    add("starting:1", never_healthy());
    add("exits0:1", exits(0, 0ms));
    add("exits3:1", exits(3, 0ms));
  }
  ports::ContainerEngine& engine() override { return engine_; }
  [[nodiscard]] std::string image(const std::string& name) const override { return "registry.test/" + name; }
  void wait() override { engine_.advance(50ms); }
  void add_foreign(const std::string& name, int host_port) override {
    engine_.add_foreign(
        name, host_port == 0 ? std::vector<std::string>{} : std::vector{":" + std::to_string(host_port) + "/tcp"});
  }
  void pause(const std::string& name) override { engine_.pause_by_hand(name); }
  void remove_by_hand(const std::string& name) override { engine_.remove_by_hand(name); }
  [[nodiscard]] bool real() const override { return false; }

 private:
  void add(const std::string& name, Behaviour behaviour) {
    engine_.images[image(name)] = {.digest = "", .health = behaviour};
  }
  MemoryEngine engine_;
};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

class DockerBench final : public Bench {
 public:
  DockerBench()
      : endpoint_(*adapters::parse_engine_endpoint(environment("PLIMSOLL_TEST_ENGINE"))), api_(endpoint_.http) {
    sweep();
    engine_ = std::make_unique<adapters::DockerEngine>(adapters::DockerOptions{endpoint_, "contract", {}});
  }
  ~DockerBench() override { sweep(); }
  ports::ContainerEngine& engine() override { return *engine_; }
  [[nodiscard]] std::string image(const std::string& name) const override {
    return environment("PLIMSOLL_TEST_REGISTRY") + "/" + name;
  }
  void wait() override { std::this_thread::sleep_for(20ms); }
  void add_foreign(const std::string& name, int host_port) override {
    (void)must(EnsureImage{"", image("idle:1"), "", "missing"});
    boost::json::object body{{"Image", image("idle:1")}};
    if (host_port != 0) {
      body["ExposedPorts"] = {{"8080/tcp", boost::json::object()}};
      body["HostConfig"] = {
          {"PortBindings", {{"8080/tcp", {{{"HostIp", ""}, {"HostPort", std::to_string(host_port)}}}}}}};
    }
    send("POST", "/containers/create?name=" + name, boost::json::serialize(body));
    send("POST", "/containers/" + name + "/start");
  }
  void pause(const std::string& name) override { send("POST", "/containers/" + name + "/pause"); }
  void remove_by_hand(const std::string& name) override { send("DELETE", "/containers/" + name + "?force=1"); }
  int api_minor() override {
    const auto identity = api_.identity(call());
    REQUIRE(identity);
    return identity->version.minor;
  }
  [[nodiscard]] bool real() const override { return true; }

 private:
  std::string send(const std::string& method, const std::string& path, const std::string& body = {}) {
    const auto response =
        api_.send({.method = method, .path = path, .body = body, .content_type = "application/json"}, call());
    REQUIRE(response);
    INFO(path << " " << response->status << " " << response->body);
    REQUIRE(response->status < 500);
    return response->body;
  }
  void sweep() {
    // Podman keeps a container whose network another one lives in until that one is gone.
    for (int round = 0; round < 2; ++round) {
      const auto containers = boost::json::parse(send("GET", "/containers/json?all=1"));
      for (const auto& entry : containers.as_array())
        (void)api_.send(
            {.method = "DELETE", .path = "/containers/" + std::string(entry.at("Id").as_string()) + "?force=1"},
            call());
    }
    REQUIRE(boost::json::parse(send("GET", "/containers/json?all=1")).as_array().empty());
    const auto networks = boost::json::parse(send("GET", "/networks"));
    for (const auto& entry : networks.as_array())
      if (std::string_view(entry.at("Name").as_string()).starts_with("contract"))
        send("DELETE", "/networks/" + std::string(entry.at("Id").as_string()));
  }

  adapters::EngineEndpoint endpoint_;
  adapters::EngineApi api_;
  std::unique_ptr<adapters::DockerEngine> engine_;
};

bool has_real_engine() {
  static const bool has = [] {
    const bool set = !environment("PLIMSOLL_TEST_ENGINE").empty();
    if (!set) std::cout << "PLIMSOLL_TEST_ENGINE is not set: the contract runs on the in-memory engine only\n";
    return set;
  }();
  return has;
}

}  // namespace

ports::Applied Bench::must(const Action& action) {
  auto result = engine().apply(action, context(), call());
  INFO(to_string(Step{"", action, ""}) << ": " << (result ? "" : result.error().message));
  REQUIRE(result.ok());
  return *result;
}

Error Bench::fails(const Action& action) {
  auto result = engine().apply(action, context(), call());
  INFO(to_string(Step{"", action, ""}));
  REQUIRE_FALSE(result.ok());
  return result.error();
}

ObservedInstance Bench::observe(bool networks) {
  auto view = engine().observe({target.environment, target.app, networks}, call());
  INFO((view ? "" : view.error().message));
  REQUIRE(view.ok());
  return *view;
}

ObservedContainer Bench::seen(const std::string& name) {
  for (auto& container : observe().containers)
    if (container.name == name) return container;
  FAIL("no container " << name << " observed");
  return {};
}

bool Bench::eventually(const std::string& name, const std::function<bool(const ObservedContainer&)>& holds) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  for (int round = 0; round < 1000 && std::chrono::steady_clock::now() < end; ++round) {
    if (holds(seen(name))) return true;
    wait();
  }
  return false;
}

std::shared_ptr<DesiredService> Bench::service(const std::string& image_name) const {
  auto made = std::make_shared<DesiredService>();
  made->spec.name = "api";
  made->spec.image = image(image_name);
  made->spec.networks = {{.network = kNetwork, .aliases = {"extra"}}};
  made->canonical = {{"image", made->spec.image}};
  made->digest = "v1:" + image_name;
  return made;
}

NetworkSpec Bench::network(const std::string& name) const {
  NetworkSpec spec;
  spec.name = name;
  spec.digest = "v1:network";
  return spec;
}

ports::Applied Bench::create(const std::string& name, const std::shared_ptr<DesiredService>& wanted) {
  const auto digest = must(EnsureImage{"api", wanted->spec.image}).image_digest;
  for (const auto& attachment : wanted->spec.networks) (void)must(EnsureNetwork{network(attachment.network)});
  return must(CreateContainer{.name = name, .service = wanted, .image_digest = digest, .revision = "main@sha1:0123"});
}

void on_the_real_engine(const std::function<void(Bench&)>& test) {
  if (!has_real_engine()) return;
  DockerBench bench;
  INFO("on the real engine");
  test(bench);
}

void on_every_engine(const std::function<void(Bench&)>& test) {
  {
    MemoryBench bench;
    INFO("on the in-memory engine");
    test(bench);
  }
  on_the_real_engine(test);
}

}  // namespace plimsoll::test
