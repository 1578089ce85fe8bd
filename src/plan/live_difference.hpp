#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/desired_state.hpp"
#include "model/observed_state.hpp"

namespace plimsoll::plan {

/// What the engine shows of a container now that is not as the service says, and can be put right in place.
struct LiveDifference {
  bool restart = false;
  bool resources = false;
  std::vector<NetworkAttachment> connect;  ///< with the aliases to bear, the service's own included
  std::vector<std::string> disconnect;     ///< engine names of networks

  [[nodiscard]] bool empty() const noexcept { return !restart && !resources && connect.empty() && disconnect.empty(); }
  /// `restart policy, network dev_edge`; for causes and messages.
  [[nodiscard]] std::string text() const;
};

/// Compares live facts with the service. Only what the service asks for is looked at, never what the engine echoes
/// besides: a limit that is not set may live have any value, an alias that we did not give stays, and so
/// does a network that somebody attached, unless it is one of this target's or the container was created with it.
/// `exact_aliases`: the label is known to differ in networks, so aliases too many are taken away as well. Networks are
/// not looked at while the service has a `network_mode` or the container never ran.
[[nodiscard]] LiveDifference live_difference(const ObservedContainer& container, const DesiredService& service,
                                             const TargetId& target, bool exact_aliases);

/// Takes out of `difference` what the desired state asks for and the container was not made with, and that can wait:
/// what is left is drift, or keeps clients from the container as it is.
[[nodiscard]] LiveDifference take_changes(LiveDifference& difference, const ObservedContainer& container,
                                          const DesiredService& service);

/// Memberships of a running container that bear less than the service's alias and those it was created with: it was
/// superseded between its gate and its aliases, and now serves. Only networks that it was created in.
[[nodiscard]] std::vector<NetworkAttachment> missing_aliases(const ObservedContainer& container);

/// The membership that the container was created with, and the service's alias.
[[nodiscard]] NetworkAttachment attachment_created_with(const ObservedContainer& container, const std::string& network);

/// The networks that the container was created in, by engine name, whatever it is attached to now.
[[nodiscard]] std::set<std::string> networks_created_in(const ObservedContainer& container);

/// A memory or CPU limit that somebody set by hand and that no update can take away again: what it is, or empty.
[[nodiscard]] std::string limit_to_lift(const ObservedContainer& container, const DesiredService& service);

/// The membership with every alias that the service's settled container bears there: its own name and the given ones.
[[nodiscard]] NetworkAttachment with_service_alias(NetworkAttachment attachment, const std::string& service);

}  // namespace plimsoll::plan
