#include "adapters/docker/engine_api.hpp"

#include <charconv>

#include "adapters/docker/engine_error.hpp"

namespace plimsoll::adapters {
namespace {

ApiVersion parse_version(const std::string& text) {
  ApiVersion version;
  const char* end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec == std::errc() && major.ptr != end && *major.ptr == '.')
    std::from_chars(major.ptr + 1, end, version.minor);
  return version;
}

std::string header(const HttpResponse& response, const std::string& name) {
  const auto found = response.headers.find(name);
  return found == response.headers.end() ? std::string() : found->second;
}

bool is_version_complaint(const HttpResponse& response) {
  if (response.status != 400) return false;
  const std::string message = engine_message(response);
  return message.find("client version") != std::string::npos && message.find("is too") != std::string::npos;
}

}  // namespace

EngineIdentity engine_identity(const HttpResponse& ping) {
  EngineIdentity identity;
  const ApiVersion theirs = parse_version(header(ping, "api-version"));
  // Every engine since 2017 names its version; 1.41 is the oldest that we promise to work with.
  identity.version = theirs.major == 0 ? ApiVersion{1, 41} : std::min(theirs, kOurApiVersion);
  identity.podman = !header(ping, "libpod-api-version").empty();
  std::string server = header(ping, "server");
  server = server.substr(0, server.find(' '));
  if (const auto slash = server.find('/'); slash != std::string::npos) server[slash] = ' ';
  if (identity.podman) server = "Podman " + header(ping, "libpod-api-version");
  identity.product = server.empty() ? "unknown engine" : server;
  return identity;
}

std::string query_text(const Query& query) {
  std::string text;
  for (const auto& [name, value] : query)
    text += (text.empty() ? "?" : "&") + percent_encoded(name) + "=" + percent_encoded(value);
  return text;
}

void EngineApi::forget_identity() {
  const std::lock_guard lock(mutex_);
  known_ = false;
}

Result<EngineIdentity> EngineApi::identity(const ports::Call& call) {
  {
    const std::lock_guard lock(mutex_);
    if (known_) return identity_;
  }
  auto ping = http_.perform({.method = "HEAD", .path = "/_ping"}, call);
  if (ping && !ping->ok()) ping = http_.perform({.method = "GET", .path = "/_ping"}, call);
  if (!ping) return std::move(ping).error();
  if (!ping->ok()) return engine_error("ping of " + endpoint().description, *ping);
  const std::lock_guard lock(mutex_);
  identity_ = engine_identity(*ping);
  known_ = true;
  return identity_;
}

Result<HttpResponse> EngineApi::send(HttpRequest request, const ports::Call& call) {
  const std::string path = std::move(request.path);
  for (int round = 0;; ++round) {
    const auto who = identity(call);
    if (!who) return who.error();
    request.path = "/v" + who->version.text() + path;
    auto response = http_.perform(request, call);
    if (!response && response.error().kind == ErrorKind::transient) forget_identity();
    if (!response || round > 0 || !is_version_complaint(*response)) return response;
    forget_identity();  // the engine was exchanged under us
  }
}

}  // namespace plimsoll::adapters
