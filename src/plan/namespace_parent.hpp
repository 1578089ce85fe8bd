#pragma once

#include <map>
#include <set>
#include <string>

#include "model/observed_state.hpp"

namespace plimsoll::plan {

/// The service in whose network, process or IPC namespace another one lives (`network_mode: service:X` and the like). A
/// namespace belongs to a container, not to the service, and is a new one after each start of that container. The
/// default: there is no such service.
struct NamespaceParent {
  std::string service;
  /// It is still to be created, swapped or started: a new container could not refer to it yet.
  bool unsettled = false;
  /// All of its containers, by id.
  std::map<std::string, const ObservedContainer*> containers;
  /// Ids of those that serve, or would if nothing new came: one a replica.
  std::set<std::string> serving;

  /// True when `container` can run: it shares no namespace, or that of one that is up. Else an engine refuses to start
  /// it.
  [[nodiscard]] bool lives(const ObservedContainer& container) const;

  /// True when no engine can start `container` any more: the one whose namespace it shared is gone.
  [[nodiscard]] bool lost(const ObservedContainer& container) const;

  /// True when `container` shares the namespace of one that does not serve (any more). Where the engine does not tell
  /// whose it is, the order of creation decides.
  [[nodiscard]] bool is_another(const ObservedContainer& container) const;

  /// True when the one whose namespace `container` shares was started after it: it hangs on the one before.
  [[nodiscard]] bool was_renewed(const ObservedContainer& container) const;
  /// Why such a one is restarted.
  [[nodiscard]] std::string renewal_cause() const {
    return "restarted with " + service + ", whose namespace it shares";
  }
};

}  // namespace plimsoll::plan
