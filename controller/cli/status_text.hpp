#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "controller/cli/command_line.hpp"

namespace plimsoll::controller {

/// How the answer of `/api/v1/status` looks for people (and `-o name` for scripts). `colour` as in `Table`.

/// One row a target: `NAME INSTANCE SYNC HEALTH REVISION IMAGES MESSAGE`; `wide` has full revisions, images and
/// messages.
[[nodiscard]] std::string status_table(const boost::json::value& status, const OutputOptions& output, bool colour);

/// One app in detail: per target its conditions, services and containers. `last_operation` is the newest entry of the
/// app's history, or null.
[[nodiscard]] std::string status_details(const boost::json::value& status, const boost::json::value& last_operation,
                                         bool colour);

/// One `environment/app@instance` a line.
[[nodiscard]] std::string target_names(const boost::json::array& targets);

/// `environment/app@instance` of an object that has those three members.
[[nodiscard]] std::string target_name(const boost::json::value& target);

/// 8 hex digits of `branch@sha1:<40 hex>`; other texts unchanged.
[[nodiscard]] std::string short_revision(const std::string& revision);

/// `reason: message`, or whichever of the two there is.
[[nodiscard]] std::string reason_and_message(const boost::json::value& target);

}  // namespace plimsoll::controller
