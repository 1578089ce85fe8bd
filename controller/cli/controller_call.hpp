#pragma once

#include "controller/cli/api_client.hpp"
#include "controller/cli/cli_context.hpp"
#include "controller/cli/command_line.hpp"

namespace plimsoll::controller {

/// The controller that the options choose: --socket, --server (`unix:///path` or `/path` too), PLIMSOLL_SERVER, the
/// default socket.
[[nodiscard]] Endpoint endpoint_of(const ConnectionOptions& options, const CliContext& context);

/// `ENV`, `ENV/APP`, `ENV/APP@INSTANCE` or `all targets`.
[[nodiscard]] std::string filter_text(const TargetFilter& filter);

/// GET that must give a JSON object with the member `expected`.
Result<boost::json::value> fetch(ApiClient& client, const std::string& path, const char* expected,
                                 const std::map<std::string, std::string>& query);

/// `/api/v1/status` of the targets that `filter` matches; `missing`, with the nearest name, when it matches none.
Result<boost::json::value> fetch_status(ApiClient& client, const TargetFilter& filter);

/// `error` of a call about `filter`, or, when no app matches that at all, an error that says so.
[[nodiscard]] Error explained(ApiClient& client, const TargetFilter& filter, const Error& error);

}  // namespace plimsoll::controller
