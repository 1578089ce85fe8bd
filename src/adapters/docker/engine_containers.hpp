#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>

#include "adapters/docker/engine_api.hpp"
#include "model/plan.hpp"
#include "ports/container_engine.hpp"

namespace plimsoll::adapters {

/// What one engine does to containers that exist. Thread-safe. Every call is idempotent; a container that is gone is
/// success for stop, remove and the like, `transient` (look again) for what needs it.
class EngineContainers {
 public:
  EngineContainers(EngineApi& api, std::string installation, bool local)
      : api_(api), installation_(std::move(installation)), local_(local) {}

  Result<void> start(const StartContainer& action, const ports::Call& call);
  Result<bool> passes_gate(const CheckGate& action, const ports::Call& call);
  Result<void> stop(const StopContainer& action, const ports::Call& call);
  Result<void> unpause(const UnpauseContainer& action, const ports::Call& call);
  Result<void> rename(const RenameContainer& action, const ports::Call& call);
  /// Also removes the volumes that held repository files of this very container. Refuses a container that is not ours.
  Result<void> remove(const RemoveContainer& action, const ports::Call& call);
  Result<void> update(const UpdateContainer& action, const ports::Call& call);

  /// The reply of inspect; absent when there is no such container.
  Result<std::optional<boost::json::object>> inspect(const std::string& id_or_name, const ports::Call& call);

 private:
  void cure_neighbours(const std::string& key, const ports::Call& call);
  void remove_file_volumes(const boost::json::object& inspected, const ports::Call& call);

  EngineApi& api_;
  std::string installation_;
  bool local_;  ///< the engine's network is this machine's
};

/// True for an inspected container that the engine is removing: its name is free in a moment.
[[nodiscard]] bool is_vanishing(const boost::json::object& inspected);

/// How a container is addressed: its id when known, else its name.
[[nodiscard]] inline const std::string& key_of(const ContainerRef& ref) { return ref.id.empty() ? ref.name : ref.id; }
/// How it is called in messages: `name (id)`.
[[nodiscard]] std::string text_of(const ContainerRef& ref);

}  // namespace plimsoll::adapters
