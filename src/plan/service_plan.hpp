#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plan/service_input.hpp"

namespace plimsoll::plan {

/// The plan of one service, with what others need to know of it.
struct ServicePlan {
  std::string service;
  std::vector<Step> prepare;  ///< steps that touch nothing that serves; they go before every service's `act`
  std::vector<Step> act;
  bool wants_image = false;
  bool synced = false;          ///< exactly the containers asked for, all as desired
  bool started = false;         ///< every replica runs as desired, or is started by these steps
  bool good = false;            ///< every replica is as desired and passed its gate
  bool completed = false;       ///< one-shot with exit 0
  bool failed = false;          ///< it needs a retry or a person
  bool modified = false;        ///< live drift that is only shown
  bool reload_pending = false;  ///< a replica serves with files that are still to be reloaded
  Health health = Health::healthy;
  std::string reason, message;
  std::optional<Instant> wake_at;

  [[nodiscard]] bool has_steps() const noexcept { return !prepare.empty() || !act.empty(); }
};

/// Plans every replica of the service: roles, batches (`deploy.update_config.parallelism`, `delay`), holds after a
/// failure, scaling down from the highest number.
///
/// A replica that does not exist is created at once, unless older replicas are still to be swapped: then it takes its
/// turn after them. A replica that runs as desired but not well counts as one of the batch, so a spec that does badly
/// spreads no further. After a failed gate no other replica begins (`failure_action: continue` lifts that), and the
/// failed container of the most tries, then the lowest number, is kept as the record.
[[nodiscard]] ServicePlan plan_service(const ServiceInput& input);

}  // namespace plimsoll::plan
