#include <boost/json.hpp>
#include <ostream>

#include "controller/cli/commands.hpp"
#include "controller/cli/controller_call.hpp"
#include "controller/cli/display_width.hpp"
#include "controller/cli/json_fields.hpp"
#include "controller/cli/local_files.hpp"
#include "controller/cli/status_text.hpp"
#include "controller/http/api_requests.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

std::string target_text(const json::value& target) {
  std::string out = "=== " + printable(target_name(target)) + "\n";
  if (const std::string error = text_at(target, "error"); !error.empty()) out += "  error: " + printable(error) + "\n";
  for (const json::value& change : array_at(target, "changes")) {
    const std::string service = text_at(change, "service");
    out += "  " + (service.empty() ? "" : printable(service) + ": ") + printable(text_at(change, "text")) + "\n";
  }
  const json::array& steps = array_at(target, "steps");
  if (!steps.empty()) out += "  steps:\n";
  for (std::size_t index = 0; index < steps.size(); ++index) {
    const json::string* const step = steps[index].if_string();
    out += "    " + std::to_string(index + 1) + ". " + (step ? printable(*step) : "") + "\n";
  }
  return out;
}

std::string rendered(const json::value& diff, OutputFormat format) {
  if (format == OutputFormat::json) return pretty_json(diff);
  if (format == OutputFormat::yaml) return json_as_yaml(diff);
  if (format == OutputFormat::name) return target_names(array_at(diff, "targets"));
  std::string out;
  for (const json::value& target : array_at(diff, "targets")) out += (out.empty() ? "" : "\n") + target_text(target);
  return out;
}

/// Writes the diagnostics to `err`; true when something could not be compared.
bool report_errors(const json::value& diff, const CliContext& context) {
  bool failed = false;
  for (const json::value& diagnostic : array_at(diff, "diagnostics")) {
    context.err << printable(text_at(diagnostic, "text")) << "\n";
    failed = failed || text_at(diagnostic, "severity") == "error";
  }
  for (const json::value& target : array_at(diff, "targets")) failed = failed || !text_at(target, "error").empty();
  return failed;
}

Result<ApiReply> ask(const DiffCommand& command, const CliContext& context) {
  DiffRequest request{command.filter, command.revision, std::nullopt};
  ApiClient client(endpoint_of(command.connection, context));
  if (command.manifests.empty()) {
    return client.get(
        "/api/v1/diff",
        {{"environment", command.filter.environment}, {"app", command.filter.app}, {"revision", command.revision}});
  }
  auto files = read_local_files(command.manifests);
  if (!files) return files.error();
  request.manifests.emplace();
  for (const auto& [path, entry] : *files) {
    if (entry.kind == RepositoryEntry::Kind::symlink) {
      return Error{ErrorKind::rejected,
                   command.manifests + "/" + path + ": symbolic links are refused; put the file itself there"};
    }
    if (!entry.content) {
      return Error{ErrorKind::rejected,
                   command.manifests + "/" + path + ": larger than 1 MiB; move it out of the directory"};
    }
    request.manifests->emplace(path, *entry.content);
  }
  return client.post("/api/v1/diff", to_body(request));
}

}  // namespace

int execute(const DiffCommand& command, const CliContext& context) {
  const auto reply = ask(command, context);
  if (!reply) {
    const bool ours = reply.error().kind == ErrorKind::rejected;  // the directory, not the connection
    return fail(context, reply.error().message, ours ? exit_status::kDiffError : exit_status::kError);
  }
  const auto diff = json_of(*reply);
  if (!diff) return fail(context, diff.error().message, exit_status::kDiffError);
  context.out << rendered(*diff, command.output.format);
  if (report_errors(*diff, context)) return exit_status::kDiffError;
  if (!array_at(*diff, "targets").empty()) return exit_status::kDifferences;
  if (command.output.format == OutputFormat::table) context.err << "no differences\n";
  return exit_status::kOk;
}

}  // namespace plimsoll::controller
