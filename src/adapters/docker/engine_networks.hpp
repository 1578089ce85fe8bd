#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/docker/engine_api.hpp"
#include "model/observed_state.hpp"
#include "model/plan.hpp"
#include "ports/container_engine.hpp"

namespace plimsoll::adapters {

/// Networks and volumes of one engine. Thread-safe.
class EngineNetworks {
 public:
  EngineNetworks(EngineApi& api, std::string installation) : api_(api), installation_(std::move(installation)) {}

  Result<void> ensure(const NetworkSpec& network, const TargetId& target, const ports::Call& call);
  Result<void> ensure(const VolumeSpec& volume, const TargetId& target, const ports::Call& call);
  Result<void> remove(const RemoveNetwork& action, const ports::Call& call);
  /// Refuses what is no volume of repository files.
  Result<void> remove(const RemoveFiles& action, const ports::Call& call);

  /// Attaches with these aliases; attached with others, it is detached first.
  Result<void> connect(const std::string& container, const NetworkAttachment& attachment, const ports::Call& call);
  /// For a container that is known not to be attached.
  Result<void> attach(const std::string& container, const NetworkAttachment& attachment, const ports::Call& call);
  Result<void> disconnect(const std::string& container, const std::string& network, const ports::Call& call);

  /// Networks of ours within `scope`. `in_use` counts running containers, whosever they are.
  Result<std::vector<ObservedNetwork>> observe(const ports::ObserveScope& scope, const ports::Call& call);
  /// Volumes of repository files within `scope` that no container has.
  Result<std::vector<IdleFiles>> idle_files(const ports::ObserveScope& scope, const ports::Call& call);

 private:
  /// The bare call, for a container that runs or a network that exists.
  Result<void> join(const std::string& container, const NetworkAttachment& attachment, const ports::Call& call);
  [[nodiscard]] std::string filter_text(const ports::ObserveScope& scope, bool dangling) const;
  enum class Presence { absent, ours, foreign };
  Result<Presence> find(const std::string& name, const ports::Call& call);
  /// What runs in the network, names by id; absent when it is gone.
  Result<std::optional<std::map<std::string, std::string>>> attached(const std::string& id, const ports::Call& call);

  EngineApi& api_;
  std::string installation_;
  /// Two apps that share a network ask for it at once, and below Engine 25 looking and creating can make two of a name.
  std::mutex creating_;
};

}  // namespace plimsoll::adapters
