#pragma once

#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "controller/elastic_pool.hpp"
#include "model/desired_state.hpp"
#include "ports/container_engine.hpp"

namespace plimsoll::controller {

/// One instance as the loop works with it: its engine, the threads that block on it, and what waits for it. `engine`
/// and `unusable` do not change; everything else but `pool` belongs to the loop thread.
struct InstanceLane {
  /// Threads an instance may take at once: an observation and the passes of its apps.
  static constexpr std::size_t kMaxThreads = 33;

  InstanceSpec spec;
  std::unique_ptr<ports::ContainerEngine> engine;  ///< null when `spec` cannot be used; `unusable` says why
  std::string unusable;
  std::stop_source stop;
  bool observing = false;
  bool full_due = true;                  ///< the next observation looks at everything: orphans, networks
  bool look = false;                     ///< observe even with no target waiting
  bool uses_what_is_not_shared = false;  ///< a network that an environment shares no more is still used
  bool looked = false;                   ///< everything was looked at since the desired state changed
  std::set<TargetId> waiting;            ///< due targets that the next observation serves
  bool cleaning = false;                 ///< images that nothing needs are being looked for or removed
  bool clean_again = false;              ///< once more when that is over
  std::set<std::string> leaving;         ///< references of the images that are being removed now
  std::set<TargetId> after_cleanup;      ///< targets that may need one of them
  int failures = 0;                      ///< observations that failed in a row
  std::string unreachable;               ///< why the last one failed; empty when it did not
  ElasticPool pool{kMaxThreads};         ///< last: its threads end before the rest goes
};

}  // namespace plimsoll::controller
