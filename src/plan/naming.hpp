#pragma once

#include <string>
#include <string_view>

#include "model/service_spec.hpp"
#include "model/target_id.hpp"

namespace plimsoll::plan {

/// The name that a settled container bears: `<environment>-<app>-<service>-<replica>`, or the service's
/// `container_name`.
[[nodiscard]] std::string container_name(const TargetId& target, const ServiceSpec& spec, int replica);

/// `<name>.next`: the incoming container of a swap, and a failed one that is kept as the record.
[[nodiscard]] std::string incoming_name(std::string_view name);
/// `<name>.prev`: the outgoing container of a stop-first swap until the new one passed its gate, and what was replaced
/// while the update of the whole app is not through.
[[nodiscard]] std::string outgoing_name(std::string_view name);
/// `<name>.undone`: a new container that did well and is taken back because another one of its app failed. Tells it
/// from the record of a failure.
[[nodiscard]] std::string undone_name(std::string_view name);
/// `<name>.superseded`: what a stop-first swap takes the place of before its own update was through, so that `.prev` is
/// another one.
[[nodiscard]] std::string superseded_name(std::string_view name);

/// What a name says of a container's part in a swap. Identity stands in labels; the name only breaks ties.
enum class NameRole {
  undone,      ///< ends in `.undone`
  incoming,    ///< ends in `.next`
  other,       ///< some name that we did not give (an earlier `container_name`, renamed by hand)
  canonical,   ///< the settled name
  superseded,  ///< ends in `.superseded`
  outgoing,    ///< ends in `.prev`
};
[[nodiscard]] NameRole name_role(std::string_view name, std::string_view canonical) noexcept;

}  // namespace plimsoll::plan
