#include <boost/json.hpp>
#include <ostream>

#include "controller/cli/commands.hpp"
#include "controller/cli/controller_call.hpp"
#include "controller/cli/json_fields.hpp"
#include "controller/cli/status_text.hpp"
#include "model/printable.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kWatchInterval{1000};

json::value last_operation(ApiClient& client, const TargetFilter& filter) {
  const auto history =
      fetch(client, "/api/v1/history", "entries",
            {{"environment", filter.environment}, {"app", filter.app}, {"instance", filter.instance}, {"limit", "1"}});
  // A history that cannot be read must not hide the status.
  if (!history || array_at(*history, "entries").empty()) return nullptr;
  return array_at(*history, "entries").front();
}

std::string rendered(ApiClient& client, const json::value& status, const StatusCommand& command, bool colour) {
  switch (command.output.format) {
    case OutputFormat::json: return pretty_json(status);
    case OutputFormat::yaml: return json_as_yaml(status);
    case OutputFormat::name: return target_names(array_at(status, "targets"));
    case OutputFormat::wide:
    case OutputFormat::table: break;
  }
  const bool one_app = !command.filter.app.empty() && command.output.format == OutputFormat::table;
  if (one_app) return status_details(status, last_operation(client, command.filter), colour);
  return status_table(status, command.output, colour);
}

/// What is wrong with the source, for people; data stays clean.
std::string hints(const json::value& status) {
  std::string out;
  if (const std::string error = text_at(status, "source_error"); !error.empty()) {
    out += "plimsoll: warning: the source cannot be read: " + printable(error) + "\n";
  }
  for (const json::value& diagnostic : array_at(status, "diagnostics")) {
    if (text_at(diagnostic, "severity") != "notice") out += printable(text_at(diagnostic, "text")) + "\n";
  }
  // A source that cannot be read says nothing of what it names.
  if (array_at(status, "targets").empty() && text_at(status, "source_error").empty()) {
    const bool read = !text_at(status, "revision").empty();
    out += read ? "plimsoll: no targets; the manifest repository names none yet\n"
                : "plimsoll: no targets yet; the source has not been read since the controller started\n";
  }
  return out;
}

}  // namespace

int execute(const StatusCommand& command, const CliContext& context) {
  ApiClient client(endpoint_of(command.connection, context));
  std::string shown;
  do {
    const auto status = fetch_status(client, command.filter);
    // While watching, a controller that restarts is news and not the end.
    if (!status && (!command.watch || shown.empty())) return fail(context, status.error().message);
    const std::string text = status ? rendered(client, *status, command, context.colour) : "";
    const std::string notes = status ? hints(*status) : "plimsoll: " + printable(status.error().message) + "\n";
    if (text + notes == shown) continue;
    shown = text + notes;
    if (command.watch && context.out_terminal) context.out << "\x1b[H\x1b[2J";
    context.out << text << std::flush;
    context.err << notes << std::flush;
  } while (command.watch && context.out && context.pause(kWatchInterval));
  return exit_status::kOk;
}

}  // namespace plimsoll::controller
