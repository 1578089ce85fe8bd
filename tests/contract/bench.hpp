#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ports/container_engine.hpp"

namespace plimsoll::test {

/// One engine under test, with what the suite needs around it. Each bench begins empty of our containers and networks,
/// under an installation id and an environment of its own.
class Bench {
 public:
  virtual ~Bench() = default;
  virtual ports::ContainerEngine& engine() = 0;
  /// Full reference of one of the suite's images: `idle:1`, `healthy:1`, ...
  [[nodiscard]] virtual std::string image(const std::string& name) const = 0;
  /// Lets some time pass.
  virtual void wait() = 0;
  /// A running container that is not ours, perhaps publishing a host port.
  virtual void add_foreign(const std::string& name, int host_port) = 0;
  /// `docker pause`.
  virtual void pause(const std::string& name) = 0;
  /// `docker rm`, behind the adapter's back.
  virtual void remove_by_hand(const std::string& name) = 0;
  /// The version of the Engine API in use is 1.this; 0 for the in-memory engine.
  virtual int api_minor() { return 0; }
  /// True for a real engine.
  [[nodiscard]] virtual bool real() const = 0;

  TargetId target{"contract", "web", "here"};
  ports::Call call() const { return ports::within(std::chrono::seconds(60)); }
  ports::ApplyContext context() const { return {target, &secrets, {}}; }
  SecretTable secrets;

  /// Carries an action out and returns what it yielded; the test fails with the error's message when it failed.
  ports::Applied must(const Action& action);
  /// The error that an action ends with; the test fails when it ends well.
  Error fails(const Action& action);
  /// What is observed of our target.
  ObservedInstance observe(bool networks = false);
  /// The container of that name; the test fails when there is none.
  ObservedContainer seen(const std::string& name);
  /// True once `holds(seen(name))`, false when it does not come true in 20 s (of the bench's time).
  bool eventually(const std::string& name, const std::function<bool(const ObservedContainer&)>& holds);
  /// Image and network made ready, container created.
  ports::Applied create(const std::string& name, const std::shared_ptr<DesiredService>& service);
  /// A service called `api` with that image, digest `v1:<image>`, on network `contract-web_default`.
  std::shared_ptr<DesiredService> service(const std::string& image_name) const;
  /// Name of that network.
  static constexpr const char* kNetwork = "contract-web_default";
  NetworkSpec network(const std::string& name = kNetwork) const;
};

/// Runs `test` on the in-memory engine and, when PLIMSOLL_TEST_ENGINE names one, on a real engine.
void on_every_engine(const std::function<void(Bench&)>& test);
/// Runs `test` on the real engine only.
void on_the_real_engine(const std::function<void(Bench&)>& test);

}  // namespace plimsoll::test
