#include "controller/wiring_instances.hpp"

#include <map>
#include <mutex>
#include <set>

#include "adapters/docker/docker_engine.hpp"
#include "adapters/docker/docker_events.hpp"
#include "adapters/docker/engine_endpoint.hpp"
#include "adapters/docker/registry_credentials.hpp"

namespace plimsoll::controller {
namespace {

/// The engines by instance, for the events to find. The loop owns them.
class EngineIndex {
 public:
  void add(const std::string& instance, const std::shared_ptr<adapters::DockerEngine>& engine) {
    const std::lock_guard lock(mutex_);
    std::erase_if(engines_, [](const auto& one) { return one.second.expired(); });
    engines_[instance] = engine;
  }
  void mark(const ports::EngineEvent& event) {
    const std::lock_guard lock(mutex_);
    const auto found = engines_.find(event.instance);
    const auto engine = found == engines_.end() ? nullptr : found->second.lock();
    if (!engine) return;
    if (event.kind == ports::EngineEvent::Kind::container) {
      engine->invalidate(event.container_id);
    } else {
      engine->invalidate_all();
    }
  }

 private:
  std::mutex mutex_;  // events come on their own thread
  std::map<std::string, std::weak_ptr<adapters::DockerEngine>> engines_;
};

/// What the loop owns of an engine that the events know, too.
class OwnedEngine final : public ports::ContainerEngine {
 public:
  explicit OwnedEngine(std::shared_ptr<adapters::DockerEngine> engine) : engine_(std::move(engine)) {}
  Result<ObservedInstance> observe(const ports::ObserveScope& scope, const ports::Call& call) override {
    return engine_->observe(scope, call);
  }
  Result<ports::Applied> apply(const Action& action, const ports::ApplyContext& context,
                               const ports::Call& call) override {
    return engine_->apply(action, context, call);
  }
  Result<std::string> resolve_digest(const std::string& reference, const ports::Call& call) override {
    return engine_->resolve_digest(reference, call);
  }
  Result<ports::ImageRemoval> remove_image(const std::string& image, const std::vector<std::string>& names,
                                           const ports::Call& call) override {
    return engine_->remove_image(image, names, call);
  }
  Result<std::string> logs(const std::string& container, int lines, const ports::Call& call) override {
    return engine_->logs(container, lines, call);
  }

 private:
  std::shared_ptr<adapters::DockerEngine> engine_;
};

/// Marks engines before it rings.
class MarkingEvents final : public ports::EngineEvents {
 public:
  MarkingEvents(std::shared_ptr<EngineIndex> index, const std::string& installation,
                std::vector<adapters::WatchedEngine> watched)
      : index_(std::move(index)), events_(installation, std::move(watched)) {}
  void start(Handler handler) override {
    events_.start([index = index_, handler = std::move(handler)](const ports::EngineEvent& event) {
      index->mark(event);
      handler(event);
    });
  }
  void stop() override { events_.stop(); }

 private:
  std::shared_ptr<EngineIndex> index_;
  adapters::DockerEvents events_;
};

class DockerInstances final : public InstanceAdapters {
 public:
  explicit DockerInstances(const ControllerConfig& config)
      : installation_(config.installation),
        tls_(config.tls),
        plain_engines_(config.plain_engines.begin(), config.plain_engines.end()) {
    for (const auto& [host, login] : config.registries)
      credentials_[host] = adapters::registry_credential_from_file(login.username, login.password_file);
  }

  Result<std::unique_ptr<ports::ContainerEngine>> make_engine(const InstanceSpec& spec) override {
    auto endpoint = endpoint_of(spec);
    if (!endpoint) return endpoint.error();
    auto engine = std::make_shared<adapters::DockerEngine>(
        adapters::DockerOptions{std::move(*endpoint), installation_, credentials_, plain_engines_});
    index_->add(spec.name, engine);
    return std::unique_ptr<ports::ContainerEngine>(new OwnedEngine(std::move(engine)));
  }

  std::unique_ptr<ports::EngineEvents> make_events(const std::vector<InstanceSpec>& instances) override {
    std::vector<adapters::WatchedEngine> watched;
    for (const auto& spec : instances) {
      if (auto endpoint = endpoint_of(spec)) watched.push_back({spec.name, std::move(*endpoint)});
    }
    return std::make_unique<MarkingEvents>(index_, installation_, std::move(watched));
  }

 private:
  [[nodiscard]] Result<adapters::EngineEndpoint> endpoint_of(const InstanceSpec& spec) const {
    if (spec.tls.empty()) return adapters::parse_engine_endpoint(spec.engine);
    const auto found = tls_.find(spec.tls);
    if (found == tls_.end()) {
      return Error{ErrorKind::rejected, "tls " + spec.tls + " of instance " + spec.name +
                                            " is not in the controller's configuration; add it below tls: there"};
    }
    return adapters::parse_engine_endpoint(spec.engine, {found->second.ca, found->second.cert, found->second.key});
  }

  std::string installation_;
  std::map<std::string, ControllerConfig::Tls> tls_;
  std::set<std::string> plain_engines_;
  adapters::RegistryCredentials credentials_;
  std::shared_ptr<EngineIndex> index_ = std::make_shared<EngineIndex>();
};

}  // namespace

std::unique_ptr<InstanceAdapters> make_docker_instances(const ControllerConfig& config) {
  return std::make_unique<DockerInstances>(config);
}

}  // namespace plimsoll::controller
