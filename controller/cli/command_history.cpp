#include <boost/json.hpp>
#include <ctime>
#include <ostream>

#include "controller/cli/commands.hpp"
#include "controller/cli/controller_call.hpp"
#include "controller/cli/display_width.hpp"
#include "controller/cli/json_fields.hpp"
#include "controller/cli/status_text.hpp"
#include "controller/cli/table.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

constexpr std::size_t kMessageColumns = 60;

std::optional<std::time_t> seconds_of(const std::string& rfc3339) {
  std::tm parts{};
  if (rfc3339.empty() || !::strptime(rfc3339.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts)) return std::nullopt;
  return ::timegm(&parts);
}

std::string duration_of(const json::value& entry) {
  const auto started = seconds_of(text_at(entry, "started_at"));
  const auto finished = seconds_of(text_at(entry, "finished_at"));
  return started && finished ? to_text(std::chrono::seconds(*finished - *started)) : "";
}

std::string history_table(const json::array& entries, const OutputOptions& output, bool colour) {
  const bool wide = output.format == OutputFormat::wide;
  std::vector<std::string> header{"ID", "INSTANCE", "REVISION", "IMAGES", "PHASE", "STARTED", "DURATION"};
  if (wide) header.insert(header.end(), {"AUTHOR", "SUBJECT"});
  header.emplace_back("MESSAGE");
  Table table(header);
  for (const json::value& entry : entries) {
    const std::string revision = text_at(entry, "revision");
    const std::string message = text_at(entry, "message");
    std::vector<std::string> row{std::to_string(number_at(entry, "id")),
                                 text_at(entry, "instance"),
                                 wide ? revision : short_revision(revision),
                                 text_at(entry, "images"),
                                 text_at(entry, "phase"),
                                 text_at(entry, "started_at"),
                                 duration_of(entry)};
    if (wide) row.insert(row.end(), {text_at(entry, "author"), text_at(entry, "subject")});
    row.push_back(wide ? message : shortened(message, kMessageColumns));
    table.add(std::move(row));
  }
  return table.text(!output.no_header, colour);
}

std::string rendered(const json::value& history, const OutputOptions& output, bool colour) {
  const json::array& entries = array_at(history, "entries");
  switch (output.format) {
    case OutputFormat::json: return pretty_json(history);
    case OutputFormat::yaml: return json_as_yaml(history);
    case OutputFormat::name: {
      std::string ids;
      for (const json::value& entry : entries) ids += std::to_string(number_at(entry, "id")) + "\n";
      return ids;
    }
    case OutputFormat::wide:
    case OutputFormat::table: break;
  }
  return history_table(entries, output, colour);
}

}  // namespace

int execute(const HistoryCommand& command, const CliContext& context) {
  ApiClient client(endpoint_of(command.connection, context));
  const auto history = fetch(client, "/api/v1/history", "entries",
                             {{"environment", command.filter.environment},
                              {"app", command.filter.app},
                              {"instance", command.filter.instance},
                              {"limit", std::to_string(command.limit)}});
  if (!history) return fail(context, history.error().message);
  if (array_at(*history, "entries").empty()) {
    // Of an app that is gone there is a history; with none, the name may be wrong.
    if (const auto status = fetch_status(client, command.filter); !status) return fail(context, status.error().message);
  }
  context.out << rendered(*history, command.output, context.colour);
  if (array_at(*history, "entries").empty()) {
    context.err << "plimsoll: no deployments of " << filter_text(command.filter) << " are recorded\n";
  }
  return exit_status::kOk;
}

}  // namespace plimsoll::controller
