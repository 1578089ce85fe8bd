// suspend, resume, rollback: what an operator decides over what the branch says.
#include <boost/json.hpp>
#include <ostream>

#include "controller/cli/commands.hpp"
#include "controller/cli/controller_call.hpp"
#include "controller/cli/json_fields.hpp"
#include "controller/http/api_requests.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

/// Posts `body` and prints the answer: as it is, as names, or as the line for people.
template <class Command, class Body, class Text>
int decide(const Command& command, const CliContext& context, const char* path, const char* expected, const Body& body,
           Text text) {
  ApiClient client(endpoint_of(command.connection, context));
  const auto reply = client.post(path, to_body(body));
  if (!reply) return fail(context, reply.error().message);
  const auto answer = json_of(*reply, expected);
  if (!answer) return fail(context, explained(client, command.filter, answer.error()).message);
  switch (command.output.format) {
    case OutputFormat::json: context.out << pretty_json(*answer); break;
    case OutputFormat::yaml: context.out << json_as_yaml(*answer); break;
    case OutputFormat::name: context.out << filter_text(command.filter) << "\n"; break;
    case OutputFormat::wide:
    case OutputFormat::table: context.out << text(*answer) << "\n"; break;
  }
  return exit_status::kOk;
}

}  // namespace

int execute(const SuspendCommand& command, const CliContext& context) {
  return decide(command, context, "/api/v1/suspend", "environment", command.filter, [&command](const json::value&) {
    const std::string name = filter_text(command.filter);
    return name + " is suspended: only observed until `plimsoll resume " + name + "`";
  });
}

int execute(const ResumeCommand& command, const CliContext& context) {
  return decide(command, context, "/api/v1/resume", "resumed", command.filter, [&command](const json::value& answer) {
    std::string text;
    for (const json::value& name : array_at(answer, "resumed")) {
      if (name.is_string()) text += (text.empty() ? "" : ", ") + std::string(name.get_string());
    }
    if (text.empty()) return filter_text(command.filter) + " was neither suspended nor rolled back by command";
    return "resumed " + text + ": what the branch says holds again";
  });
}

int execute(const RollbackCommand& command, const CliContext& context) {
  const RollbackRequest request{command.filter, command.id};
  return decide(command, context, "/api/v1/rollback", "revision", request, [&command](const json::value& answer) {
    const std::string name = filter_text(command.filter);
    return name + " is pinned to " + text_at(answer, "revision").substr(0, 8) + " (history " +
           std::to_string(number_at(answer, "history_id")) + "): a new revision of it or `plimsoll resume " + name +
           "` ends that; `plimsoll wait " + name + "` waits until it serves";
  });
}

}  // namespace plimsoll::controller
