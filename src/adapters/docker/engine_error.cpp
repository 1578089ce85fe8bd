#include "adapters/docker/engine_error.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <initializer_list>
#include <string_view>

namespace plimsoll::adapters {
namespace {

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

bool port_is_taken(const std::string& text) {
  return has_any(text, {"port is already allocated", "address already in use", "failed to bind host port",
                        "ports are not available"});
}

ErrorKind kind_of_status(int status) {
  switch (status) {
    case 400: return ErrorKind::rejected;
    case 401:
    case 403: return ErrorKind::unauthorized;
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
  std::string text = response.body.substr(0, 300);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.pop_back();
  return text.empty() ? "status " + std::to_string(response.status) : text;
}

Error engine_error(const std::string& what, const HttpResponse& response) {
  const std::string message = engine_message(response);
  const std::string text = lower(message);
  if (port_is_taken(text)) {
    const std::string port = port_in(message);
    return {ErrorKind::conflict, what + ": host port " + (port.empty() ? "" : port + " ") +
                                     "is taken; stop what uses it or publish another port (" + message + ")"};
  }
  if (text.find("no space left on device") != std::string::npos)
    return {ErrorKind::transient, what + ": the instance's disk is full; free some space (" + message + ")"};
  Error error{kind_of_status(response.status), what + ": " + message};
  // A conflict that is over in a moment: somebody is removing the container right now.
  if (has_any(text, {"marked for removal", "removal of container"})) error.kind = ErrorKind::transient;
  if (response.status == 404) error.message += " (it vanished meanwhile)";
  return error;
}

Error registry_error(const std::string& reference, const std::string& message) {
  const std::string text = lower(message);
  const std::string shown = "image " + reference + ": ";
  if (has_any(text, {"no space left on device"}))
    return {ErrorKind::transient, shown + "the instance's disk is full; free some space (" + message + ")"};
  if (has_any(text, {"toomanyrequests", "too many requests", "rate limit"}))
    return {ErrorKind::transient, shown + "the registry limits the rate (" + message + ")", std::chrono::seconds(60)};
  // Before the words for an absent tag: "no such host" and a proxy's "not found" page are faults of the way there.
  if (has_any(text, {"dial tcp", "connection refused", "i/o timeout", "no such host", "tls handshake",
                     "x509:", "context deadline", "unexpected http status", "unexpected eof", "server misbehaving",
                     "connection reset", "client.timeout"}))
    return {ErrorKind::transient, shown + "the registry does not answer (" + message + ")"};
  if (has_any(text, {"no matching manifest", "does not match the specified platform", "invalid reference"}))
    return {ErrorKind::rejected, shown + message};
  if (has_any(text, {"access denied", "unauthorized", "authentication required", "no basic auth", "denied",
                     "incorrect username or password"}))
    return {ErrorKind::unauthorized,
            shown + "the registry refused us (" + message + "); check the name and the credentials under registries"};
  if (has_any(text, {"manifest unknown", "not found", "name unknown", "name_unknown", "no such image"}))
    return {ErrorKind::missing, shown + "the registry does not have it yet (" + message + ")"};
  return {ErrorKind::transient, shown + message};
}

}  // namespace plimsoll::adapters
