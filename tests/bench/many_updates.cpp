#include "many_updates.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <set>
#include <thread>
#include <vector>

#include "engine_client.hpp"

namespace plimsoll::bench {
namespace {

constexpr const char* kNetwork = "floor_default";

std::set<int> running;  // which containers there are

std::string name_of(int number) { return "floor-many-" + std::to_string(number); }

/// Calls `work` for 0 .. `count`-1, `at_once` at a time, each thread with a connection of its own.
void side_by_side(const std::string& socket, int count, int at_once,
                  const std::function<void(EngineClient&, int)>& work) {
  std::atomic<int> next = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < at_once; ++i) {
    threads.emplace_back([&] {
      EngineClient engine(socket);
      for (int number = next++; number < count; number = next++) work(engine, number);
    });
  }
}

std::string create_body(const std::string& image) {
  return R"({"Image":")" + image + R"(","Labels":{"bench":"floor"},"HostConfig":{"NetworkMode":")" + kNetwork +
         R"(","RestartPolicy":{"Name":"unless-stopped"}}})";
}

void create(EngineClient& engine, int number, const std::string& image) {
  engine.call("POST", "/containers/create?name=" + name_of(number) + ".next", create_body(image));
}

void swap(EngineClient& engine, int number, bool replaces) {
  const std::string name = name_of(number);
  const std::string next = name + ".next";
  const std::string network = std::string("/networks/") + kNetwork;
  engine.call("POST", "/containers/" + next + "/start");
  engine.call("POST", network + "/disconnect", R"({"Container":")" + next + R"("})");
  engine.call("POST", network + "/connect",
              R"({"Container":")" + next + R"(","EndpointConfig":{"Aliases":[")" + name + R"("]}})");
  if (replaces) {
    engine.call("POST", "/containers/" + name + "/stop");
    engine.call("DELETE", "/containers/" + name);
  }
  engine.call("POST", "/containers/" + next + "/rename?name=" + name);
}

}  // namespace

double update_many(const std::string& socket, int count, const std::string& image, int at_once) {
  const auto begin = std::chrono::steady_clock::now();
  const auto colon = image.rfind(':');
  EngineClient(socket).call("POST",
                            "/images/create?fromImage=" + image.substr(0, colon) + "&tag=" + image.substr(colon + 1));
  side_by_side(socket, count, at_once, [&](EngineClient& engine, int number) { create(engine, number, image); });
  side_by_side(socket, count, at_once,
               [&](EngineClient& engine, int number) { swap(engine, number, running.contains(number)); });
  for (int i = 0; i < count; ++i) running.insert(i);
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

void clear_many(const std::string& socket, int count) {
  side_by_side(socket, count, 4, [](EngineClient& engine, int number) {
    if (running.contains(number)) engine.call("DELETE", "/containers/" + name_of(number) + "?force=1");
  });
  running.clear();
}

}  // namespace plimsoll::bench
