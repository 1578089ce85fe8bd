#pragma once

#include <cstdint>
#include <string>

#include "controller/control_api.hpp"
#include "model/result.hpp"

namespace plimsoll::controller {

/// Arguments of the command line as people write them. Pure. Errors are `rejected`, for one line of a usage error.

/// What a command takes as its target.
enum class TargetForm {
  environment_or_app,  ///< ENV or ENV/APP: on all their instances
  whole_app,           ///< ENV/APP: on all its instances
  any,                 ///< ENV, ENV/APP or ENV/APP@INSTANCE
  app,                 ///< ENV/APP or ENV/APP@INSTANCE
  service,             ///< ENV/APP or ENV/APP/SERVICE, both also with @INSTANCE
};

/// A target taken apart; parts that were not given are empty.
struct TargetArgument {
  TargetFilter filter;
  std::string service;
};

/// Reads a target.
Result<TargetArgument> parse_target(const std::string& text, TargetForm form);

/// Reads the id of a deployment of the app that `filter` names: a whole number from 1.
Result<std::int64_t> parse_deployment_id(const std::string& text, const TargetFilter& filter);

/// Seconds of a Compose duration (`90s`, `1h30m`) or of a bare number, rounded up; from 1 to 86400.
Result<int> parse_timeout(const std::string& text);

/// The lower-case hex digits, 4 to 40, of `4f1c2d3e`, `sha1:<40 hex>` or `main@sha1:<40 hex>`.
Result<std::string> parse_commit(const std::string& text);

}  // namespace plimsoll::controller
