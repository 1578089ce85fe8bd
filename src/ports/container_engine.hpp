#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model/observed_state.hpp"
#include "model/plan.hpp"
#include "model/result.hpp"
#include "ports/call.hpp"

namespace plimsoll::ports {

/// Which part of an instance to observe.
struct ObserveScope {
  std::string environment, app;  ///< both empty: everything of ours on the instance
  bool networks = false;         ///< also list networks (needed before any is removed)
};

/// Progress of a pull, summed over layers; `total` 0 while unknown.
struct PullProgress {
  std::string reference;
  std::int64_t current_bytes = 0, total_bytes = 0;
};

/// What an action needs besides itself.
struct ApplyContext {
  TargetId target;
  const SecretTable* secrets = nullptr;               ///< values for tokens; may be null
  std::function<void(const PullProgress&)> progress;  ///< called on the calling thread; may be empty
};

/// What an action yielded, where it yields something.
struct Applied {
  std::string container_id;  ///< CreateContainer
  std::string image_digest;  ///< EnsureImage: `sha256:…` of the registry; empty for an image without one
  bool pulled = false;       ///< EnsureImage: it was not there before, or not as the registry has it now
  bool gate_passed = true;   ///< CheckGate: false when the container does not pass its gate, or not yet
};

/// What became of an image that was to be removed.
enum class ImageRemoval {
  removed,
  absent,  ///< it was gone already
  kept,    ///< a container uses it, or it bears a name that was not given
};

/// One container engine on one instance. Implementations are safe to call from several threads at once.
///
/// Errors: `transient` (unreachable, 5xx), `deadline`, `cancelled`, `missing` (no such image or tag yet),
/// `unauthorized` (registry or engine refused), `conflict` (name or port taken by something foreign; external network
/// or volume absent), `rejected` (the engine refuses the spec).
class ContainerEngine {
 public:
  virtual ~ContainerEngine() = default;

  /// Everything of ours within `scope`, whole or not at all: no partial views.
  virtual Result<ObservedInstance> observe(const ObserveScope& scope, const Call& call) = 0;

  /// Carries one action out. Idempotent: done twice, or again after a lost reply, the effect is there once.
  virtual Result<Applied> apply(const Action& action, const ApplyContext& context, const Call& call) = 0;

  /// The registry's digest of a tag, asked through this engine.
  virtual Result<std::string> resolve_digest(const std::string& reference, const Call& call) = 0;

  /// Removes the image that `image` (`repository@digest`) names when all that it is called on the engine is in `names`
  /// (`repository:tag` or `repository@digest`) and no container, whosesoever and running or not, uses it. Never by
  /// force.
  virtual Result<ImageRemoval> remove_image(const std::string& image, const std::vector<std::string>& names,
                                            const Call& call) = 0;

  /// The last `lines` lines of a container's log, both streams.
  virtual Result<std::string> logs(const std::string& container, int lines, const Call& call) = 0;
};

}  // namespace plimsoll::ports
