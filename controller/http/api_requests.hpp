#pragma once

#include <string>

#include "controller/control_api.hpp"
#include "model/result.hpp"

namespace plimsoll::controller {

/// Bodies of the API's POST requests, both ways: the server reads what the command line writes.

/// `{"environment","app","instance","retry","allow_removal"}`, all optional; unknown members are rejected.
Result<SyncRequest> parse_sync_request(const std::string& body);
[[nodiscard]] std::string to_body(const SyncRequest& request);

/// `{"environment","app"}`: what suspend and resume are about. An environment is mandatory.
Result<TargetFilter> parse_filter(const std::string& body);
[[nodiscard]] std::string to_body(const TargetFilter& filter);

/// `{"environment","app","id"}`; environment and app are mandatory.
Result<RollbackRequest> parse_rollback_request(const std::string& body);
[[nodiscard]] std::string to_body(const RollbackRequest& request);

/// `{"environment","app","instance","revision","manifests":{path: text or {"base64": text}}}`, all optional; a revision
/// and manifests exclude one another. Bytes that are not UTF-8 travel as base64.
Result<DiffRequest> parse_diff_request(const std::string& body);
[[nodiscard]] std::string to_body(const DiffRequest& request);

}  // namespace plimsoll::controller
