#pragma once

#include <optional>
#include <string_view>

#include "adapters/http/http_client.hpp"
#include "model/observed_state.hpp"

namespace plimsoll::adapters {

/// The moment that a `Date` header tells (RFC 9110, section 5.6.7: `Mon, 23 Nov 2026 10:46:01 GMT`); absent when it is
/// none.
[[nodiscard]] std::optional<Instant> parse_http_date(std::string_view text);

/// How far the engine's clock is ahead of ours, as its reply at `now` shows. Up to two seconds count as none: that much
/// is the header's resolution and the way of the reply.
[[nodiscard]] Millis clock_lead(const HttpResponse& response, Instant now);

/// Puts the times that the engine told into our clock: gates and back-off compare them with it.
void to_our_clock(ObservedContainer& container, Millis lead);

}  // namespace plimsoll::adapters
