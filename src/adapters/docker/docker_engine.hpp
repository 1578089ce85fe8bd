#pragma once

#include <memory>
#include <set>
#include <string>

#include "adapters/docker/container_creation.hpp"
#include "adapters/docker/container_reload.hpp"
#include "adapters/docker/engine_api.hpp"
#include "adapters/docker/engine_containers.hpp"
#include "adapters/docker/engine_images.hpp"
#include "adapters/docker/engine_networks.hpp"
#include "adapters/docker/inspect_cache.hpp"
#include "ports/container_engine.hpp"

namespace plimsoll::adapters {

/// What a `DockerEngine` is made of.
struct DockerOptions {
  EngineEndpoint endpoint;   ///< `parse_engine_endpoint`
  std::string installation;  ///< the id in labels: what does not bear it is never touched
  RegistryCredentials registries{};
  /// `host:port` of engines that get credentials and secret values although they are reached in the clear.
  std::set<std::string> plain_engines{};
};

/// A Docker Engine (20.10, API 1.41, and later), or Podman through its compatible API. Thread-safe.
class DockerEngine final : public ports::ContainerEngine {
 public:
  explicit DockerEngine(DockerOptions options);

  Result<ObservedInstance> observe(const ports::ObserveScope& scope, const ports::Call& call) override;
  Result<ports::Applied> apply(const Action& action, const ports::ApplyContext& context,
                               const ports::Call& call) override;
  Result<std::string> resolve_digest(const std::string& reference, const ports::Call& call) override;
  Result<ports::ImageRemoval> remove_image(const std::string& image, const std::vector<std::string>& names,
                                           const ports::Call& call) override;
  Result<std::string> logs(const std::string& container, int lines, const ports::Call& call) override;

  /// Something happened to this container (an event said so): the next observation inspects it again.
  void invalidate(const std::string& container_id);
  /// Events may have been lost: the next observation inspects every container again.
  void invalidate_all();

 private:
  struct Applying;

  /// What a list call tells.
  struct Listing {
    std::vector<ListedContainer> containers;
    Millis clock_lead{0};  ///< of the engine over us
  };

  Result<Listing> list(const ports::ObserveScope& scope, const ports::Call& call);
  Result<void> observe_networks(ObservedInstance& instance, const ports::ObserveScope& scope, Millis clock_lead,
                                const ports::Call& call);

  [[nodiscard]] Error secrets_withheld(const std::string& what, const TargetId& target) const;

  std::string installation_;
  std::string withheld_;  ///< why neither credentials nor secret values go to this engine; empty: they do
  EngineApi api_;
  EngineImages images_;
  EngineNetworks networks_;
  EngineContainers containers_;
  ContainerCreation creation_;
  ContainerReload reload_;
  InspectCache cache_;
};

}  // namespace plimsoll::adapters
