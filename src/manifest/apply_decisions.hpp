#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/decisions.hpp"
#include "model/desired_state.hpp"

namespace plimsoll::manifest {

/// What a desired state asks of one app, over all its instances, as one text to compare; empty when it has no such app
/// or none that loads.
[[nodiscard]] std::string app_digest(const DesiredState& state, const std::string& environment, const std::string& app);

/// True when the branch has moved on from what `pin` left: a later commit names the app otherwise, or not at all. An
/// app that does not load says nothing, and keeps its pin.
///
/// `left` is what the commit that the pin left asks for, loaded with the secrets of today: a secret that gets another
/// value changes both, and is no revision of the app. Null when that commit cannot be read: then what was noted with
/// the pin counts.
[[nodiscard]] bool is_outlived(const Pin& pin, const DesiredState& state, const DesiredState* left);

/// The desired states of pinned revisions, by commit.
using PinnedStates = std::map<std::string, std::shared_ptr<const DesiredState>>;

/// `state` with `decisions` in force. Pinned apps are as in their pinned revision, on the instances that still exist,
/// under the environment's present sync policy. A pinned app that its revision does not give any more is broken: what
/// runs of it stays.
[[nodiscard]] DesiredState with_decisions(DesiredState state, const Decisions& decisions, const PinnedStates& pinned);

}  // namespace plimsoll::manifest
