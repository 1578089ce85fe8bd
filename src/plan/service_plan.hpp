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
  /// Steps that begin something new: swaps and runs of one-shots. They go after `act`, and are held while another
  /// service of the app still prepares (`Plan::held`): the engine may refuse it, and the app would have to go back.
  std::vector<Step> begin;
  bool wants_image = false;
  bool tried_first = false;   ///< its image is asked for even when nothing can be created yet
  bool synced = false;        ///< exactly the containers asked for, all as desired
  bool started = false;       ///< every replica runs as desired, or is started by these steps
  bool good = false;          ///< every replica is as desired and passed its gate
  bool completed = false;     ///< one-shot with exit 0
  bool failed = false;        ///< it needs a retry or a person
  bool surplus_kept = false;  ///< scaling down waits until the app is through
  bool modified = false;      ///< not as desired in what is only shown: drift, limits that the engine does not keep
  bool settled = false;       ///< no container of it is to be created, swapped or started; some may be `pending`
  std::string pending;        ///< a replica serves and is still `to reload` or `to be changed`
  Health health = Health::healthy;
  std::string reason, message;
  std::optional<Instant> wake_at;

  [[nodiscard]] bool has_steps() const noexcept { return !prepare.empty() || !act.empty() || !begin.empty(); }
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
