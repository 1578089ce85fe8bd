#pragma once

#include "model/desired_state.hpp"

namespace plimsoll::plan_test {

/// Fills `canonical` and `digest` of a service from its spec, in the manner of manifest/canonical, for the fields that
/// planning tests use.
void complete(DesiredService& service);

/// Fills the target's digest from its services, which are complete.
void complete(DesiredTarget& target);

}  // namespace plimsoll::plan_test
