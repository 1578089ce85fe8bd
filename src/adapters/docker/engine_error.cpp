#include "adapters/docker/engine_error.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <initializer_list>
#include <string_view>

#include "model/secret_scrub.hpp"

namespace plimsoll::adapters {
namespace {

constexpr std::size_t kMessageBytes = 500;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool has_any(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&text](std::string_view word) { return text.find(word) != std::string::npos; });
}

/// `0.0.0.0:8080` out of "Bind for 0.0.0.0:8080 failed: …" or "listen tcp4 0.0.0.0:8080: bind: …"; empty when neither.
std::string port_in(const std::string& message) {
  for (const std::string_view before :
       {"Bind for ", "listen tcp4 ", "listen tcp6 ", "listen tcp ", "listen udp4 ", "listen udp6 ", "listen udp "}) {
    const auto at = message.find(before);
    if (at == std::string::npos) continue;
    const auto begin = at + before.size();
    std::string address = message.substr(begin, message.find(' ', begin) - begin);
    while (!address.empty() && address.back() == ':') address.pop_back();
    return address;
  }
  return {};
}

/// An address in use is a port's or, where a container asks for a fixed one in a network, another container's.
bool port_is_taken(const std::string& text, const std::string& port) {
  if (has_any(text, {"port is already allocated", "failed to bind host port", "ports are not available"})) return true;
  return text.find("address already in use") != std::string::npos &&
         (!port.empty() || text.find("port") != std::string::npos);
}

/// Over in a moment, or when something else is: a container on its way out, a parent that restarts, an endpoint that
/// the engine has not let go yet (29.0).
bool passes_by_itself(const std::string& text) {
  return has_any(text, {"marked for removal", "removal of container", "non running container", "is restarting, wait",
                        "endpoint with name"});
}

bool pools_are_exhausted(const std::string& text) {
  return has_any(text, {"fully subnetted", "non-overlapping ipv4 address pool"});
}

ErrorKind kind_of_status(int status) {
  switch (status) {
    case 400: return ErrorKind::rejected;
    case 401: return ErrorKind::unauthorized;
    case 403:  // of the network code, but for an authorization plugin
    case 409: return ErrorKind::conflict;
    default: return ErrorKind::transient;
  }
}

}  // namespace

std::string engine_message(const HttpResponse& response) {
  boost::json::error_code failed;
  const auto parsed = boost::json::parse(response.body, failed);
  if (!failed && parsed.is_object())
    for (const char* key : {"message", "cause"})
      if (const auto* message = parsed.get_object().if_contains(key); message != nullptr && message->is_string())
        return std::string(message->get_string());
  std::string text = response.body;
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.pop_back();
  return text.empty() ? "status " + std::to_string(response.status) : text;
}

std::string shown_message(const HttpResponse& response) { return shortened(engine_message(response), kMessageBytes); }

Error engine_error(const std::string& what, const HttpResponse& response) {
  const std::string whole = engine_message(response);
  const std::string message = shortened(whole, kMessageBytes);
  const std::string text = lower(whole);
  const std::string port = shortened(port_in(whole), kMessageBytes);
  if (port_is_taken(text, port)) {
    return {ErrorKind::conflict, what + ": host port " + (port.empty() ? "" : port + " ") +
                                     "is taken; stop what uses it or publish another port (" + message + ")"};
  }
  if (text.find("no space left on device") != std::string::npos)
    return {ErrorKind::transient, what + ": the instance's disk is full; free some space (" + message + ")"};
  if (pools_are_exhausted(text))
    return {ErrorKind::transient, what +
                                      ": the engine has no free subnet left; remove networks that nothing uses, or " +
                                      "name a subnet under ipam (" + message + ")"};
  Error error{kind_of_status(response.status), what + ": " + message};
  if (passes_by_itself(text)) error.kind = ErrorKind::transient;
  if (text.find("authorization denied by plugin") != std::string::npos) error.kind = ErrorKind::unauthorized;
  if (response.status == 404) error.message += " (it vanished meanwhile)";
  return error;
}

Error registry_error(const std::string& reference, const std::string& whole) {
  const std::string message = shortened(whole, kMessageBytes);
  const std::string text = lower(whole);
  const std::string shown = "image " + reference + ": ";
  if (has_any(text, {"no space left on device"}))
    return {ErrorKind::transient, shown + "the instance's disk is full; free some space (" + message + ")"};
  if (has_any(text, {"toomanyrequests", "too many requests", "rate limit", "rate exceeded", "quota exceeded"}))
    return {ErrorKind::transient, shown + "the registry limits the rate (" + message + ")", std::chrono::seconds(60)};
  // Before the words for an absent tag: "no such host" and a proxy's "not found" page are faults of the way there.
  if (has_any(text, {"dial tcp", "connection refused", "i/o timeout", "no such host", "tls handshake",
                     "x509:", "context deadline", "unexpected http status", "unexpected eof", "server misbehaving",
                     "connection reset", "client.timeout"}))
    return {ErrorKind::transient, shown + "the registry does not answer (" + message + ")"};
  if (has_any(text, {"no matching manifest", "does not match the specified platform", "invalid reference"}))
    return {ErrorKind::rejected, shown + message};
  if (has_any(text, {"access denied", "unauthorized", "authentication required", "no basic auth", "denied",
                     "incorrect username or password", "403 forbidden", "insufficient_scope", "authorization failed",
                     "authorization token has expired"}))
    return {ErrorKind::unauthorized,
            shown + "the registry refused us (" + message + "); check the name and the credentials under registries"};
  if (has_any(text, {"manifest unknown", "not found", "name unknown", "name_unknown", "no such image"}))
    return {ErrorKind::missing, shown + "the registry does not have it yet (" + message + ")"};
  return {ErrorKind::transient, shown + message};
}

}  // namespace plimsoll::adapters
