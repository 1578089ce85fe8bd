#include <boost/json.hpp>
#include <ostream>

#include "controller/cli/commands.hpp"
#include "controller/cli/controller_call.hpp"
#include "controller/cli/display_width.hpp"
#include "controller/cli/json_fields.hpp"
#include "controller/cli/status_text.hpp"
#include "controller/cli/sync_progress.hpp"
#include "controller/http/api_requests.hpp"
#include "model/printable.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kPollInterval{300};

Result<std::string> enqueue(ApiClient& client, const SyncCommand& command) {
  const SyncRequest request{command.filter, command.retry, command.allow_removal};
  const auto reply = client.post("/api/v1/sync", to_body(request));
  if (!reply) return reply.error();
  const auto answer = json_of(*reply, "id");
  if (!answer) return answer.error();
  return text_at(*answer, "id");
}

/// Polls until the operation is no longer Running.
Result<json::value> follow(const std::string& id, const SyncCommand& command, const CliContext& context) {
  SyncProgress progress(context);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(command.timeout_seconds);
  ApiClient client(endpoint_of(command.connection, context), deadline);
  for (;;) {
    auto operation = fetch(client, "/api/v1/operations/" + id, "phase", {});
    if (!operation) return operation;
    progress.show(*operation);
    if (text_at(*operation, "phase") != "Running") return operation;
    if (std::chrono::steady_clock::now() >= deadline || !context.pause(kPollInterval)) {
      return Error{ErrorKind::deadline, "operation " + id + " still runs after " +
                                            std::to_string(command.timeout_seconds) +
                                            " s; it goes on, `plimsoll status` shows it, --timeout waits longer"};
    }
  }
}

std::string rendered(const json::value& operation, const OutputOptions& output, bool colour) {
  if (output.format == OutputFormat::json) return pretty_json(operation);
  if (output.format == OutputFormat::yaml) return json_as_yaml(operation);
  if (output.format == OutputFormat::name) return text_at(operation, "id") + "\n";
  return status_table(operation, output, colour);
}

}  // namespace

int execute(const SyncCommand& command, const CliContext& context) {
  ApiClient client(endpoint_of(command.connection, context));
  const auto id = enqueue(client, command);
  if (!id) return fail(context, explained(client, command.filter, id.error()).message);
  if (!command.wait.value_or(context.err_terminal)) {
    const json::value started{{"id", *id}, {"phase", "Running"}};
    const bool structured = command.output.format == OutputFormat::json || command.output.format == OutputFormat::yaml;
    context.out << (structured ? rendered(started, command.output, false) : *id + "\n");
    if (context.err_terminal) context.err << "enqueued; `plimsoll status` shows how it goes\n";
    return exit_status::kOk;
  }
  const auto operation = follow(*id, command, context);
  if (!operation) return fail(context, operation.error().message);
  const bool table = command.output.format == OutputFormat::table;
  if (!table || !array_at(*operation, "targets").empty())
    context.out << rendered(*operation, command.output, context.colour);
  const std::string phase = text_at(*operation, "phase");
  // It ended without having looked: that is no answer to whether all is well.
  if (const std::string message = text_at(*operation, "message"); phase == "Error" && !message.empty())
    return fail(context, explained(client, command.filter, {ErrorKind::rejected, message}).message);
  context.err << "operation " << *id << ": " << phase << "\n";
  return phase == "Succeeded" ? exit_status::kOk : exit_status::kFailed;
}

}  // namespace plimsoll::controller
