#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"

namespace plimsoll::plan {

/// A running container of the same target that has a host port which another service is to have.
struct PortHolder {
  const ObservedContainer* container = nullptr;
  std::string port;       ///< such as `8080/tcp`
  bool unwanted = false;  ///< no service of the target is its own: nothing but pruning makes it let go
};

/// Who has a fixed host port of `service` and is to let go of it: a container of another service whose spec does not
/// name the port any more, or of none. `containers` are those of the target. Absent when nobody has, when both specs
/// name the port (the engine's refusal tells that), or when the other one depends on `service`, so that waiting for it
/// would never end. Only ports of one protocol, on the same address or on all, are the same port; ranges are not looked
/// at.
[[nodiscard]] std::optional<PortHolder> find_port_holder(const DesiredTarget& target, const DesiredService& service,
                                                         const std::vector<const ObservedContainer*>& containers);

/// True when `container` was made with a fixed host port that `spec` is to have.
[[nodiscard]] bool shares_host_port(const ServiceSpec& spec, const ObservedContainer& container);

}  // namespace plimsoll::plan
