#include "controller/http/api_handlers.hpp"

#include <boost/json.hpp>
#include <charconv>

#include "controller/http/api_requests.hpp"
#include "controller/http/status_json.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

constexpr int kDefaultHistory = 20;
constexpr int kMaxHistory = 1000;
constexpr int kDefaultEvents = 100;
constexpr int kDefaultLines = 100;
constexpr std::string_view kOperations = "/api/v1/operations/";

Response plain(int status, std::string body) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body)};
}

Response json_response(int status, const json::value& value) { return {.status = status, .body = to_body(value)}; }

Response failure(const Error& error) {
  Response response = error_response(http_status(error.kind), error.message, std::string(to_string(error.kind)));
  if (error.retry_after) {
    response.headers["Retry-After"] =
        std::to_string(std::chrono::ceil<std::chrono::seconds>(*error.retry_after).count());
  }
  return response;
}

TargetFilter filter_of(const Request& request) {
  return {request.parameter("environment"), request.parameter("app"), request.parameter("instance")};
}

Response status(const ControlApi& control, const Request& request) {
  StatusView view = control.status();
  const TargetFilter filter = filter_of(request);
  std::erase_if(view.targets, [&filter](const TargetStatus& target) { return !filter.matches(target.id); });
  return json_response(200, to_json(view));
}

Response ready(const ControlApi& control, const Request& request) {
  const std::string missing = control.not_ready_reason();
  if (missing.empty()) return plain(200, "ready\n");
  // The reason tells what is configured: it stays on this machine.
  return plain(503, request.trusted ? "not ready: " + missing + "\n" : "not ready\n");
}

void diff(ControlApi& control, Result<DiffRequest> request, Respond respond) {
  if (!request) return respond(failure(request.error()));
  control.diff(std::move(*request), [respond = std::move(respond)](Result<DiffView> view) {
    respond(view ? json_response(200, to_json(*view)) : failure(view.error()));
  });
}

/// Another revision may have to be fetched, which is work that not anybody may put on the controller.
std::optional<Response> refuse_revision_over_tcp(const Request& head) {
  if (head.unix_socket || head.parameter("revision").empty()) return std::nullopt;
  return error_response(403, "no `revision` over TCP; use the unix socket", "unauthorized");
}

Response sync(ControlApi& control, const Request& request) {
  const auto wanted = parse_sync_request(request.body);
  if (!wanted) return failure(wanted.error());
  const auto id = control.sync(*wanted);
  if (!id) return failure(id.error());
  Response response = json_response(202, {{"id", *id}});
  response.headers["Location"] = std::string(kOperations) + *id;
  return response;
}

Response suspend(ControlApi& control, const Request& request) {
  const auto filter = parse_filter(request.body);
  if (!filter) return failure(filter.error());
  const auto done = control.suspend(*filter);
  return done ? json_response(200, {{"environment", filter->environment}, {"app", filter->app}})
              : failure(done.error());
}

Response resume(ControlApi& control, const Request& request) {
  const auto filter = parse_filter(request.body);
  if (!filter) return failure(filter.error());
  const auto ended = control.resume(*filter);
  if (!ended) return failure(ended.error());
  return json_response(200, {{"resumed", json::array(ended->begin(), ended->end())}});
}

void rollback(ControlApi& control, const Request& request, Respond respond) {
  auto wanted = parse_rollback_request(request.body);
  if (!wanted) return respond(failure(wanted.error()));
  control.rollback(std::move(*wanted), [respond = std::move(respond)](const Result<RollbackView>& view) {
    if (!view) return respond(failure(view.error()));
    respond(json_response(200, {{"environment", view->environment},
                                {"app", view->app},
                                {"revision", view->revision},
                                {"history_id", view->history_id}}));
  });
}

Response operation(const ControlApi& control, const Request& request) {
  const auto view = control.operation(request.path.substr(kOperations.size()));
  return view ? json_response(200, to_json(*view)) : failure(view.error());
}

Result<int> limit_of(const Request& request, const std::string& name = "limit", int otherwise = kDefaultHistory) {
  const std::string text = request.parameter(name);
  if (text.empty()) return otherwise;
  int limit = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || limit < 1 || limit > kMaxHistory) {
    return Error{ErrorKind::rejected,
                 name + ": '" + text + "' is not a number from 1 to " + std::to_string(kMaxHistory)};
  }
  return limit;
}

void history(ControlApi& control, const Request& request, Respond respond) {
  const auto limit = limit_of(request);
  if (!limit) return respond(failure(limit.error()));
  TargetId filter{request.parameter("environment"), request.parameter("app"), request.parameter("instance")};
  control.history(std::move(filter), *limit,
                  [respond = std::move(respond)](Result<std::vector<ports::HistoryEntry>> entries) {
                    if (!entries) return respond(failure(entries.error()));
                    json::array array;
                    for (const auto& entry : *entries) array.push_back(to_json(entry));
                    respond(json_response(200, {{"entries", std::move(array)}}));
                  });
}

Response events(const ControlApi& control, const Request& request) {
  const auto limit = limit_of(request, "limit", kDefaultEvents);
  if (!limit) return failure(limit.error());
  json::array array;
  for (auto& event : control.events(filter_of(request), static_cast<std::size_t>(*limit))) {
    // What containers write may hold anything: it stays on the socket.
    if (!request.unix_socket) event.log.clear();
    array.push_back(to_json(event));
  }
  return json_response(200, {{"events", std::move(array)}});
}

void logs(ControlApi& control, const Request& request, Respond respond) {
  const auto lines = limit_of(request, "lines", kDefaultLines);
  if (!lines) return respond(failure(lines.error()));
  LogsRequest wanted{filter_of(request), request.parameter("service"), request.parameter("failed") == "true", *lines};
  control.logs(wanted, [respond = std::move(respond)](const Result<std::vector<ContainerLog>>& logs) {
    if (!logs) return respond(failure(logs.error()));
    json::array array;
    for (const auto& one : *logs) array.push_back(to_json(one));
    respond(json_response(200, {{"logs", std::move(array)}}));
  });
}

void add_health_routes(Router& router, ControlApi& control, const Metrics& metrics) {
  router.add({"GET", "/healthz", Access::open, [](Request, Respond respond) { respond(plain(200, "ok\n")); }});
  router.add({"GET", "/readyz", Access::open,
              [&control](const Request& request, const Respond& respond) { respond(ready(control, request)); }});
  router.add({"GET", "/metrics", Access::reading, [&control, &metrics](Request, Respond respond) {
                respond({.status = 200,
                         .content_type = "text/plain; version=0.0.4; charset=utf-8",
                         .body = metrics.render(control.status())});
              }});
}

}  // namespace

int http_status(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::transient:
    case ErrorKind::cancelled: return 503;
    case ErrorKind::deadline: return 504;
    case ErrorKind::missing: return 404;
    case ErrorKind::rejected: return 422;
    case ErrorKind::conflict: return 409;
    case ErrorKind::unauthorized: return 403;
    case ErrorKind::internal: return 500;
  }
  return 500;
}

void add_api_routes(Router& router, ControlApi& control, const Metrics& metrics) {
  add_health_routes(router, control, metrics);
  router.add({"GET", "/api/v1/status", Access::reading,
              [&control](const Request& request, const Respond& respond) { respond(status(control, request)); }});
  router.add(
      {"GET", "/api/v1/diff", Access::reading,
       [&control](const Request& request, Respond respond) {
         DiffRequest wanted{filter_of(request), request.parameter("revision"), std::nullopt, !request.unix_socket};
         diff(control, std::move(wanted), std::move(respond));
       },
       refuse_revision_over_tcp});
  router.add({"POST", "/api/v1/diff", Access::changing, [&control](const Request& request, Respond respond) {
                diff(control, parse_diff_request(request.body), std::move(respond));
              }});
  router.add({"POST", "/api/v1/sync", Access::changing,
              [&control](const Request& request, const Respond& respond) { respond(sync(control, request)); }});
  router.add({"POST", "/api/v1/suspend", Access::changing,
              [&control](const Request& request, const Respond& respond) { respond(suspend(control, request)); }});
  router.add({"POST", "/api/v1/resume", Access::changing,
              [&control](const Request& request, const Respond& respond) { respond(resume(control, request)); }});
  router.add({"POST", "/api/v1/rollback", Access::changing,
              [&control](const Request& request, Respond respond) { rollback(control, request, std::move(respond)); }});
  router.add({"GET", std::string(kOperations), Access::reading,
              [&control](const Request& request, const Respond& respond) { respond(operation(control, request)); }});
  router.add({"GET", "/api/v1/events", Access::reading,
              [&control](const Request& request, const Respond& respond) { respond(events(control, request)); }});
  router.add({"GET", "/api/v1/logs", Access::changing,
              [&control](const Request& request, Respond respond) { logs(control, request, std::move(respond)); }});
  router.add({"GET", "/api/v1/history", Access::reading,
              [&control](const Request& request, Respond respond) { history(control, request, std::move(respond)); }});
}

}  // namespace plimsoll::controller
