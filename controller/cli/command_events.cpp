// events and logs: what happened, and what containers wrote.
#include <boost/json.hpp>
#include <ostream>
#include <sstream>

#include "controller/cli/commands.hpp"
#include "controller/cli/controller_call.hpp"
#include "controller/cli/display_width.hpp"
#include "controller/cli/json_fields.hpp"
#include "controller/cli/status_text.hpp"
#include "controller/cli/table.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

constexpr std::size_t kMessageColumns = 100;

std::string target_text(const json::value& entry) {
  return text_at(entry, "environment") + "/" + text_at(entry, "app") + "@" + text_at(entry, "instance");
}

std::string events_table(const json::array& events, const OutputOptions& output, bool colour) {
  const bool wide = output.format == OutputFormat::wide;
  Table table({"TIME", "TYPE", "TARGET", "REASON", "REVISION", "MESSAGE"});
  for (const json::value& event : events) {
    const std::string message = text_at(event, "message");
    table.add({text_at(event, "time"), text_at(event, "type"), target_text(event), text_at(event, "reason"),
               short_revision(text_at(event, "revision")), wide ? message : shortened(message, kMessageColumns)});
  }
  std::string text = table.text(!output.no_header, colour);
  if (!wide) return text;
  for (const json::value& event : events) {
    std::istringstream log(text_at(event, "log"));
    if (log.str().empty()) continue;
    text += "\n" + text_at(event, "time") + " " + target_text(event) + " " + text_at(event, "reason") + ":\n";
    for (std::string line; std::getline(log, line);) text += "  " + printable(line) + "\n";
  }
  return text;
}

/// Lines as they are, with the container's name in front when there are several. On a terminal nothing that a container
/// wrote may steer it.
void print_log(const json::value& entry, bool named, const CliContext& context) {
  const std::string name = text_at(entry, "container");
  if (const std::string error = text_at(entry, "error"); !error.empty()) {
    context.err << "plimsoll: " << printable(name + ": " + error) << "\n";
    return;
  }
  std::istringstream lines(text_at(entry, "text"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    context.out << (named ? name + " | " : "") << (context.out_terminal ? printable(line) : line) << "\n";
  }
}

}  // namespace

int execute(const EventsCommand& command, const CliContext& context) {
  ApiClient client(endpoint_of(command.connection, context));
  const auto answer = fetch(client, "/api/v1/events",
                            {{"environment", command.filter.environment},
                             {"app", command.filter.app},
                             {"limit", std::to_string(command.limit)}});
  if (!answer) return fail(context, answer.error().message);
  switch (command.output.format) {
    case OutputFormat::json: context.out << pretty_json(*answer); break;
    case OutputFormat::yaml: context.out << json_as_yaml(*answer); break;
    default: context.out << events_table(array_at(*answer, "events"), command.output, context.colour);
  }
  if (array_at(*answer, "events").empty()) {
    context.err << "plimsoll: nothing happened to " << filter_text(command.filter)
                << " since the controller started; `plimsoll history` reaches further\n";
  }
  return exit_status::kOk;
}

int execute(const LogsCommand& command, const CliContext& context) {
  ApiClient client(endpoint_of(command.connection, context));
  const auto answer = fetch(client, "/api/v1/logs",
                            {{"environment", command.filter.environment},
                             {"app", command.filter.app},
                             {"service", command.service},
                             {"instance", command.instance},
                             {"failed", command.failed ? "true" : ""},
                             {"lines", std::to_string(command.lines)}});
  if (!answer) return fail(context, answer.error().message);
  const json::array& logs = array_at(*answer, "logs");
  bool whole = true;
  switch (command.output.format) {
    case OutputFormat::json: context.out << pretty_json(*answer); break;
    case OutputFormat::yaml: context.out << json_as_yaml(*answer); break;
    case OutputFormat::name:
      for (const json::value& entry : logs) context.out << text_at(entry, "container") << "\n";
      break;
    default:
      for (const json::value& entry : logs) print_log(entry, logs.size() > 1, context);
  }
  for (const json::value& entry : logs) whole = whole && text_at(entry, "error").empty();
  return whole ? exit_status::kOk : exit_status::kError;
}

}  // namespace plimsoll::controller
