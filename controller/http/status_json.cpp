#include "controller/http/status_json.hpp"

#include <boost/json.hpp>

#include "controller/http/conditions.hpp"
#include "controller/http/http_message.hpp"
#include "model/secret.hpp"
#include "model/utf8_text.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

json::string text(std::string_view raw) { return json::string(to_utf8(mask_secrets(raw))); }

json::value optional_text(const std::optional<std::string>& raw) {
  return raw ? json::value(text(*raw)) : json::value(nullptr);
}

json::value optional_time(const std::optional<Instant>& time) {
  return time ? json::value(text(to_rfc3339(*time))) : json::value(nullptr);
}

json::value time_or_null(Instant time) { return time == Instant{} ? json::value(nullptr) : text(to_rfc3339(time)); }

template <class Range>
json::array array_of(const Range& range) {
  json::array array;
  for (const auto& one : range) array.push_back(to_json(one));
  return array;
}

json::object id_object(const TargetId& id) {
  return {{"environment", text(id.environment)}, {"app", text(id.app)}, {"instance", text(id.instance)}};
}

json::value service_json(const ServiceStatus& service) {
  json::array containers;
  for (const ContainerStatus& container : service.containers) {
    containers.push_back({{"id", text(container.id)},
                          {"name", text(container.name)},
                          {"state", text(container.state)},
                          {"health", text(container.health)}});
  }
  return {{"name", text(service.name)}, {"image", text(service.image)}, {"containers", std::move(containers)}};
}

json::array conditions_json(const TargetStatus& status) {
  json::array conditions;
  for (const Condition& condition : conditions_of(status)) {
    conditions.push_back({{"type", text(condition.type)},
                          {"status", condition.holds ? "True" : "False"},
                          {"reason", text(condition.reason)},
                          {"message", text(condition.message)},
                          {"observed_revision", text(to_string(status.revision))},
                          {"transition_time", time_or_null(condition.since)}});
  }
  return conditions;
}

json::object status_object(const TargetStatus& status) {
  json::object object = id_object(status.id);
  object["sync"] = text(to_string(status.sync));
  object["health"] = text(to_string(status.health));
  object["reason"] = text(status.reason);
  object["message"] = text(status.message);
  object["revision"] = text(to_string(status.revision));
  object["last_attempted_revision"] = text(status.last_attempted_revision);
  object["last_applied_revision"] = text(status.last_applied_revision);
  json::array services;
  for (const ServiceStatus& service : status.services) services.push_back(service_json(service));
  object["services"] = std::move(services);
  object["conditions"] = conditions_json(status);
  return object;
}

json::array texts(const std::vector<std::string>& lines) {
  json::array array;
  for (const std::string& line : lines) array.push_back(text(line));
  return array;
}

json::value target_json(const TargetDiff& diff) {
  json::object object = id_object(diff.target);
  json::array changes;
  for (const TargetDiff::Change& change : diff.changes) {
    changes.push_back({{"service", text(change.service)},
                       {"path", text(change.field.path)},
                       {"before", optional_text(change.field.before)},
                       {"after", optional_text(change.field.after)},
                       {"text", text(to_string(change.field))}});
  }
  object["changes"] = std::move(changes);
  object["steps"] = texts(diff.steps);
  object["held"] = texts(diff.held);
  object["error"] = text(diff.error);
  return object;
}

const char* severity_text(Severity severity) {
  switch (severity) {
    case Severity::error: return "error";
    case Severity::warning: return "warning";
    case Severity::notice: return "notice";
  }
  return "error";
}

}  // namespace

json::value to_json(const TargetStatus& status) { return status_object(status); }

json::value to_json(const StatusView& view) {
  return {{"revision", text(to_string(view.revision))},
          {"source_error", text(view.source_error)},
          {"source_checked", optional_time(view.source_checked)},
          {"targets", array_of(view.targets)},
          {"diagnostics", array_of(view.diagnostics)}};
}

json::value to_json(const OperationView& view) {
  json::array targets;
  for (const TargetProgress& progress : view.targets) {
    TargetStatus status = progress.status;
    status.id = progress.target;
    json::object object = status_object(status);
    object["step"] = text(progress.step);
    object["pulling"] = text(progress.pulling);
    object["pulled_bytes"] = progress.pulled_bytes;
    object["pull_total_bytes"] = progress.pull_total_bytes;
    object["settled"] = progress.settled;
    targets.push_back(std::move(object));
  }
  return {{"id", text(view.id)},
          {"phase", text(to_string(view.phase))},
          {"message", text(view.message)},
          {"targets", std::move(targets)}};
}

json::value to_json(const DiffView& view) {
  json::array targets;
  for (const TargetDiff& diff : view.targets) targets.push_back(target_json(diff));
  return {
      {"revision", text(view.revision)}, {"targets", std::move(targets)}, {"diagnostics", array_of(view.diagnostics)}};
}

json::value to_json(const ports::HistoryEntry& entry) {
  json::object object{{"id", entry.id}};
  const json::object id = id_object(entry.target);
  object.insert(id.begin(), id.end());
  object["revision"] = text(entry.revision);
  object["author"] = text(entry.author);
  object["subject"] = text(entry.subject);
  object["images"] = text(entry.images);
  object["phase"] = text(to_string(entry.phase));
  object["message"] = text(entry.message);
  object["started_at"] = text(to_rfc3339(entry.started_at));
  object["finished_at"] = optional_time(entry.finished_at);
  return object;
}

json::value to_json(const Event& event) {
  json::object object{{"time", text(to_rfc3339(event.at))}};
  const json::object id = id_object(event.target);
  object.insert(id.begin(), id.end());
  object["type"] = event.warning ? "Warning" : "Normal";
  object["reason"] = text(event.reason);
  object["message"] = text(event.message);
  object["revision"] = text(to_string(event.revision));
  object["log"] = text(event.log);
  return object;
}

json::value to_json(const ContainerLog& log) {
  json::object object = id_object(log.target);
  object["service"] = text(log.service);
  object["container"] = text(log.name);
  object["id"] = text(log.id);
  object["state"] = text(log.state);
  object["text"] = text(log.text);
  object["error"] = text(log.error);
  return object;
}

json::value to_json(const Diagnostic& diagnostic) {
  return {{"severity", severity_text(diagnostic.severity)},
          {"file", text(diagnostic.where.file)},
          {"line", diagnostic.where.line},
          {"column", diagnostic.where.column},
          {"path", text(diagnostic.path)},
          {"message", text(diagnostic.message)},
          {"mend", text(diagnostic.mend)},
          {"text", text(to_string(diagnostic))}};
}

std::string to_body(const json::value& value) { return json::serialize(value) + "\n"; }

Response error_response(int status, const std::string& message, const std::string& kind) {
  Response response;
  response.status = status;
  response.body = to_body({{"error", text(message)}, {"kind", text(kind)}});
  return response;
}

}  // namespace plimsoll::controller
