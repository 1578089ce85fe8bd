#include "controller/http/router.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "controller/http/listen_address.hpp"

namespace plimsoll::controller {
namespace {

bool path_matches(const Router::Route& route, const std::string& path) {
  if (!route.path.ends_with('/')) return path == route.path;
  return path.size() > route.path.size() && path.starts_with(route.path) &&
         path.find('/', route.path.size()) == std::string::npos;
}

bool method_matches(const Router::Route& route, const std::string& method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

/// A proxy on this machine asks for anybody, and some put our own address into `Host`.
bool is_forwarded(const Request& head) {
  static constexpr std::array kSigns{"forwarded",        "via",       "x-forwarded-for",
                                     "x-forwarded-host", "x-real-ip", "x-forwarded-proto"};
  return std::any_of(kSigns.begin(), kSigns.end(), [&head](const char* sign) { return head.headers.contains(sign); });
}

}  // namespace

const Router::Route* Router::find(const Request& head) const {
  for (const Route& route : routes_) {
    if (path_matches(route, head.path) && method_matches(route, head.method)) return &route;
  }
  return nullptr;
}

Response Router::no_route(const Request& head) const {
  std::set<std::string> allowed;
  for (const Route& route : routes_) {
    if (!path_matches(route, head.path)) continue;
    allowed.insert(route.method);
    if (route.method == "GET") allowed.insert("HEAD");
  }
  if (allowed.empty()) return error_response(404, "no such page: " + head.path, "missing");
  std::string list;
  for (const std::string& method : allowed) list += (list.empty() ? "" : ", ") + method;
  Response response = error_response(405, head.path + " does not know " + head.method + "; use " + list, "rejected");
  response.headers["Allow"] = list;
  return response;
}

bool Router::local(const Request& head) const {
  return head.unix_socket || (policy_.loopback && is_loopback_host(head.header("host")) && !is_forwarded(head));
}

std::optional<Response> Router::forbidden(const Route& route, const Request& head) const {
  if (head.unix_socket || route.access == Access::open) return std::nullopt;
  if (route.path == "/metrics" && policy_.open_metrics) return std::nullopt;
  if (route.access == Access::changing) {
    return error_response(403, "not over TCP; use the unix socket", "unauthorized");
  }
  if (!policy_.loopback) {
    return error_response(403, "not over this listener, which other machines reach; use the unix socket",
                          "unauthorized");
  }
  if (is_forwarded(head)) {
    return error_response(403, "not through a proxy; ask http://127.0.0.1 on the controller's machine", "unauthorized");
  }
  if (!local(head)) {
    return error_response(403, "the Host header does not name this machine; use http://127.0.0.1", "unauthorized");
  }
  return std::nullopt;
}

std::optional<Response> Router::screen(const Request& head) {
  const Route* const route = find(head);
  if (!route) return no_route(head);
  if (auto refusal = forbidden(*route, head)) return refusal;
  return route->screen ? route->screen(head) : std::nullopt;
}

void Router::handle(Request request, Respond respond) {
  const Route* const route = find(request);
  if (!route) return respond(no_route(request));
  request.trusted = local(request);
  route->handle(std::move(request), std::move(respond));
}

void Router::cut_off(const Request& head, int status) {
  const Route* const route = find(head);
  if (route && route->cut_off) route->cut_off(status);
}

}  // namespace plimsoll::controller
