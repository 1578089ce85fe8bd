#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "plan/service_plan.hpp"

namespace plimsoll::plan {

/// The services that this one comes after: what it depends on, and the one whose namespace it lives in.
[[nodiscard]] std::set<std::string> prerequisites(const DesiredService& service);

/// The services in an order in which every one comes after those it depends on; by name where that leaves a choice.
/// Edges are `depends_on` and the namespaces of other services (`network_mode: service:X`). A cycle, which the loader
/// refuses, is broken by name.
[[nodiscard]] std::vector<const DesiredService*> dependency_order(const DesiredTarget& target);

/// The service whose namespace this one lives in (`network_mode`, `pid` or `ipc` of `service:X`), or empty.
[[nodiscard]] std::string namespace_parent(const ServiceSpec& spec);

/// True for a service that runs to completion: by its own mark, or because another one waits for its completion.
[[nodiscard]] bool runs_to_completion(const DesiredTarget& target, const DesiredService& service);

/// What the service's next container waits for, given the plans of the services before it; empty when nothing.
///
/// `started`: every replica runs as desired (or is started by the plan); `healthy`: passed its gate; `completed`:
/// exited with 0. A dependency with an update of its own is therefore waited for until it is through. An optional one
/// (`required: false`) is not waited for once it failed, nor is one that the target does not have.
[[nodiscard]] std::string unmet_dependency(const DesiredService& service,
                                           const std::map<std::string, ServicePlan>& planned);

}  // namespace plimsoll::plan
