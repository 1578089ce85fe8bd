#pragma once

#include <string>

#include "adapters/http/http_message.hpp"
#include "model/error.hpp"

namespace plimsoll::adapters {

/// The text of an error reply, whole: its JSON `message`, or its body when it is something else.
[[nodiscard]] std::string engine_message(const HttpResponse& response);

/// The same for people to read: cut after 500 bytes.
[[nodiscard]] std::string shown_message(const HttpResponse& response);

/// What an error reply of the engine means, by status and, where Docker tells no more, by its words:
/// 400 `rejected`, 401 and 403 `unauthorized`, 404 `transient` (what the plan saw has vanished: look again),
/// 409 `conflict`, 429 and 5xx `transient`; a taken host port is `conflict`, a full disk `transient`.
/// `what` says what was tried, such as `start container dev-web-api-1`. What the engine says is cut as above.
[[nodiscard]] Error engine_error(const std::string& what, const HttpResponse& response);

/// What a failed pull or registry look-up means, by its words: `missing` (no such tag yet), `unauthorized`,
/// `rejected` (no such platform), `transient` for all else, with `retry_after` when the registry limits its rate.
[[nodiscard]] Error registry_error(const std::string& reference, const std::string& message);

}  // namespace plimsoll::adapters
