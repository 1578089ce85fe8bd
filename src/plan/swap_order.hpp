#pragma once

#include <string>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"

namespace plimsoll::plan {

/// How a container of a service is replaced, and why.
struct SwapOrder {
  bool stop_first = false;
  std::string cause;  ///< such as `stop-first: host port 8080 can be bound only once`; stands in the plan
};

/// Decides between start-first and stop-first. The first line that holds wins:
///
///  1. a fixed host port (`published` names one port, or a range with no room for one more container): stop-first.
///     Two containers cannot bind it, so this stands even above an explicit `start-first`, and the cause says so;
///  2. a fixed `ipv4_address`, `ipv6_address` or `mac_address`: likewise;
///  3. the explicit wish in `deploy.update_config.order`;
///  4. `network_mode: host`: stop-first, since what it listens on is not known and most likely fixed;
///  5. `container_name`: stop-first, since whoever asks for one name expects one container;
///  6. `network_mode`, `pid` or `ipc` of another service or container: stop-first, since both would listen in one
///     namespace;
///  7. a named volume mounted read-write by the only replica: stop-first, since it most likely has one writer (a
///     database);
///  8. an anonymous volume of the only replica (`base`), which its successor takes over: likewise;
///  9. else start-first.
[[nodiscard]] SwapOrder decide_swap_order(const DesiredService& service, const ObservedContainer* base = nullptr);

}  // namespace plimsoll::plan
