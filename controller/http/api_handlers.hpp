#pragma once

#include "controller/control_api.hpp"
#include "controller/http/metrics.hpp"
#include "controller/http/router.hpp"

namespace plimsoll::controller {

/// Adds what the command line and monitoring need: all routes of controller/API.md but the webhook. `control` and
/// `metrics` must outlive the router.
void add_api_routes(Router& router, ControlApi& control, const Metrics& metrics);

/// The HTTP status that an error of this kind gets.
[[nodiscard]] int http_status(ErrorKind kind) noexcept;

}  // namespace plimsoll::controller
