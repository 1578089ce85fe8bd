// events and logs: what happened, and what containers wrote.
#include <algorithm>
#include <boost/json.hpp>
#include <ostream>
#include <set>
#include <sstream>

#include "controller/cli/commands.hpp"
#include "controller/cli/controller_call.hpp"
#include "controller/cli/display_width.hpp"
#include "controller/cli/json_fields.hpp"
#include "controller/cli/status_text.hpp"
#include "controller/cli/table.hpp"
#include "model/printable.hpp"
#include "model/target_status.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

constexpr std::size_t kMessageColumns = 100;
constexpr std::chrono::milliseconds kWatchInterval{1000};

std::string events_table(const json::array& events, const OutputOptions& output, bool colour) {
  const bool wide = output.format == OutputFormat::wide;
  Table table({"TIME", "TYPE", "TARGET", "REASON", "REVISION", "MESSAGE"});
  for (const json::value& event : events) {
    const std::string message = text_at(event, "message");
    table.add({text_at(event, "time"), text_at(event, "type"), target_name(event), text_at(event, "reason"),
               short_revision(text_at(event, "revision")), wide ? message : shortened(message, kMessageColumns)});
  }
  std::string text = table.text(!output.no_header, colour);
  if (!wide) return text;
  for (const json::value& event : events) {
    std::istringstream log(text_at(event, "log"));
    if (log.str().empty()) continue;
    text +=
        "\n" + printable(text_at(event, "time") + " " + target_name(event) + " " + text_at(event, "reason")) + ":\n";
    for (std::string line; std::getline(log, line);) text += "  " + printable(line) + "\n";
  }
  return text;
}

/// Lines as they are, with the container's name in front when there are several. On a terminal nothing that a container
/// wrote may steer it.
void print_log(const json::value& entry, bool named, const CliContext& context) {
  const std::string name = printable(text_at(entry, "container"));
  if (const std::string error = text_at(entry, "error"); !error.empty()) {
    context.err << "plimsoll: " << name << ": " << printable(error) << "\n";
    return;
  }
  std::istringstream lines(text_at(entry, "text"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    context.out << (named ? name + " | " : "") << (context.out_terminal ? printable(line) : line) << "\n";
  }
}

/// Without what is attached later.
std::string key_of(const json::value& event) {
  std::string key;
  for (const char* name : {"time", "type", "reason", "revision", "message"}) key += text_at(event, name) + '\n';
  return key + target_name(event);
}

/// What of `now` came after `before`; both are ends of one list.
json::array newer(const json::array& before, const json::array& now) {
  const auto same = [](const json::value& one, const json::value& other) { return key_of(one) == key_of(other); };
  for (std::size_t both = std::min(before.size(), now.size()); both > 0; --both) {
    if (std::equal(before.end() - static_cast<std::ptrdiff_t>(both), before.end(), now.begin(), same))
      return json::array(now.begin() + static_cast<std::ptrdiff_t>(both), now.end());
  }
  return now;
}

void print_events(const json::array& events, const OutputOptions& output, const CliContext& context) {
  switch (output.format) {
    case OutputFormat::json: context.out << pretty_json(json::object{{"events", events}}); break;
    case OutputFormat::yaml: context.out << json_as_yaml(json::object{{"events", events}}); break;
    default: context.out << events_table(events, output, context.colour);
  }
  context.out << std::flush;
}

Result<json::value> fetch_events(ApiClient& client, const EventsCommand& command) {
  return fetch(client, "/api/v1/events", "events",
               {{"environment", command.filter.environment},
                {"app", command.filter.app},
                {"instance", command.filter.instance},
                {"limit", std::to_string(command.limit)}});
}

/// Why there are no containers whose logs could be shown, as far as the status tells.
Error without_logs(ApiClient& client, const LogsCommand& command, const Error& error) {
  const auto status = fetch_status(client, command.filter);
  if (!status) return status.error().kind == ErrorKind::missing ? status.error() : error;
  std::set<std::string> services;
  for (const json::value& target : array_at(*status, "targets")) {
    const std::string why = text_at(target, "reason");
    if (why == reason::kEngineUnreachable || why == reason::kInstanceUnusable)
      return Error{error.kind, "instance " + text_at(target, "instance") + ": " + text_at(target, "message")};
    for (const json::value& service : array_at(target, "services")) services.insert(text_at(service, "name"));
  }
  if (command.service.empty() || services.empty() || services.contains(command.service)) return error;
  std::string list;
  for (const std::string& name : services) list += (list.empty() ? "" : ", ") + name;
  return Error{error.kind,
               filter_text(command.filter) + " has no service " + command.service + " (it has: " + list + ")"};
}

}  // namespace

int execute(const EventsCommand& command, const CliContext& context) {
  ApiClient client(endpoint_of(command.connection, context));
  OutputOptions output = command.output;
  json::array shown;
  std::string trouble;
  bool answered = false;
  do {
    const auto answer = fetch_events(client, command);
    // While watching, a controller that restarts is news and not the end.
    if (!answer && !(command.watch && answered)) return fail(context, answer.error().message);
    const std::string now = answer ? "" : answer.error().message;
    if (!now.empty() && now != trouble) fail(context, now);
    trouble = now;
    if (!answer) continue;
    const json::array& events = array_at(*answer, "events");
    if (events.empty() && !answered && !command.filter.environment.empty()) {
      if (const auto status = fetch_status(client, command.filter); !status)
        return fail(context, status.error().message);
    }
    const json::array fresh = newer(shown, events);
    if (!fresh.empty() || !command.watch) print_events(fresh, output, context);
    output.no_header = output.no_header || !fresh.empty();
    shown = events;
    answered = true;
  } while (command.watch && context.out && context.pause(kWatchInterval));
  if (shown.empty()) {
    const std::string app = command.filter.app.empty() ? "ENV/APP" : filter_text(command.filter);
    context.err << "plimsoll: nothing happened to " << filter_text(command.filter)
                << " since the controller started; `plimsoll history " << app << "` reaches further\n";
  }
  return exit_status::kOk;
}

int execute(const LogsCommand& command, const CliContext& context) {
  ApiClient client(endpoint_of(command.connection, context));
  const auto answer = fetch(client, "/api/v1/logs", "logs",
                            {{"environment", command.filter.environment},
                             {"app", command.filter.app},
                             {"service", command.service},
                             {"instance", command.filter.instance},
                             {"failed", command.failed ? "true" : ""},
                             {"lines", std::to_string(command.lines)}});
  if (!answer) return fail(context, without_logs(client, command, answer.error()).message);
  const json::array& logs = array_at(*answer, "logs");
  bool whole = true;
  switch (command.output.format) {
    case OutputFormat::json: context.out << pretty_json(*answer); break;
    case OutputFormat::yaml: context.out << json_as_yaml(*answer); break;
    case OutputFormat::name:
      for (const json::value& entry : logs) context.out << printable(text_at(entry, "container")) << "\n";
      break;
    default:
      for (const json::value& entry : logs) print_log(entry, logs.size() > 1, context);
  }
  for (const json::value& entry : logs) whole = whole && text_at(entry, "error").empty();
  return whole ? exit_status::kOk : exit_status::kError;
}

}  // namespace plimsoll::controller
