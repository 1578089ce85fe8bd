#pragma once

#include <map>
#include <string>
#include <string_view>

#include "model/desired_state.hpp"
#include "model/fields.hpp"
#include "model/plan.hpp"
#include "model/target_id.hpp"

namespace plimsoll::adapters {

/// Names of the labels that are Plimsoll's record.
namespace label {
inline constexpr std::string_view kController = "io.plimsoll.controller";
inline constexpr std::string_view kEnvironment = "io.plimsoll.environment";
inline constexpr std::string_view kApp = "io.plimsoll.app";
inline constexpr std::string_view kService = "io.plimsoll.service";
inline constexpr std::string_view kReplica = "io.plimsoll.replica";
inline constexpr std::string_view kSpec = "io.plimsoll.spec";
inline constexpr std::string_view kApplied = "io.plimsoll.applied";
inline constexpr std::string_view kRevision = "io.plimsoll.revision";
inline constexpr std::string_view kTarget = "io.plimsoll.target";  ///< digest of all that its target was to be
inline constexpr std::string_view kImage = "io.plimsoll.image";    ///< the reference as the spec names it
inline constexpr std::string_view kImageDigest = "io.plimsoll.image-digest";
inline constexpr std::string_view kAttempt = "io.plimsoll.attempt";
inline constexpr std::string_view kReload = "io.plimsoll.reload";  ///< which files it can be told of when they change
inline constexpr std::string_view kFiles = "io.plimsoll.files";  ///< volumes that hold repository files of a container
}  // namespace label

using Labels = std::map<std::string, std::string>;

/// True when what bears `label::kController` with this value belongs to `installation`. An empty id owns nothing: what
/// has no such label reads as "".
[[nodiscard]] bool is_ours(std::string_view controller_label, std::string_view installation) noexcept;

/// Labels of a container: the user's, then ours, then those by which other tools group containers. The user's cannot
/// take ours away. Values may hold secret tokens.
[[nodiscard]] Labels container_labels(const CreateContainer& create, const TargetId& target,
                                      const std::string& installation);

/// Labels of a network of ours; one that the apps of an environment share names no app.
[[nodiscard]] Labels network_labels(const NetworkSpec& network, const TargetId& target,
                                    const std::string& installation);

/// Labels of a named volume of ours.
[[nodiscard]] Labels volume_labels(const VolumeSpec& volume, const TargetId& target, const std::string& installation);

/// The canonical form as a flat JSON object (label `.applied`), and back; unreadable text gives no fields.
[[nodiscard]] std::string applied_text(const Fields& canonical);
[[nodiscard]] Fields parse_applied(std::string_view text);

}  // namespace plimsoll::adapters
