#pragma once

#include <string>

#include "adapters/docker/create_body.hpp"
#include "adapters/docker/engine_containers.hpp"
#include "adapters/docker/engine_networks.hpp"

namespace plimsoll::adapters {

/// Creates containers whole or not at all. A container that needs more than one call (files to copy in, further
/// networks below API 1.44) is made under a name of its own, `<name>.making`, which observations show as one that
/// nobody asked for, and gets its name when it is complete: a crash in between leaves nothing that could be started by
/// mistake. Thread-safe.
class ContainerCreation {
 public:
  ContainerCreation(EngineApi& api, EngineContainers& containers, EngineNetworks& networks, std::string installation)
      : api_(api), containers_(containers), networks_(networks), installation_(std::move(installation)) {}

  /// The id of the container.
  Result<std::string> create(const CreateContainer& action, const TargetId& target, const SecretTable* secrets,
                             const ports::Call& call);

  /// True for the name of a container that is not complete yet.
  [[nodiscard]] static bool is_half_made(const std::string& name) { return name.ends_with(".making"); }

 private:
  struct Making;

  Result<std::string> create_whole(const Making& making, const ports::Call& call);
  Result<std::string> create_in_steps(const Making& making, const ports::Call& call);
  Result<void> complete(const Making& making, const std::string& id, const ports::Call& call);
  Result<HttpResponse> post_create(const Making& making, const std::string& name, const ports::Call& call);
  Result<void> resolve_services(Making& making, const ports::Call& call);
  Result<void> look_at_image(Making& making, const ports::Call& call);
  Result<std::string> container_of(const std::string& service, const TargetId& target, const ports::Call& call);
  Result<std::optional<std::string>> accept_holder(const Making& making, const ports::Call& call);
  void discard(const std::string& id);

  EngineApi& api_;
  EngineContainers& containers_;
  EngineNetworks& networks_;
  std::string installation_;
};

}  // namespace plimsoll::adapters
