#include <boost/json.hpp>
#include <ostream>

#include "controller/cli/commands.hpp"
#include "controller/cli/controller_call.hpp"
#include "controller/cli/json_fields.hpp"
#include "controller/cli/local_files.hpp"
#include "controller/cli/status_text.hpp"
#include "controller/http/api_requests.hpp"
#include "model/printable.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

/// Numbered from `number` + 1 on, under a heading; empty when there is none. `number`: then that of the last one.
std::string steps_text(const std::string& heading, const json::array& steps, std::size_t& number) {
  std::string out = steps.empty() ? "" : "  " + heading + "\n";
  for (const json::value& value : steps) {
    const json::string* const step = value.if_string();
    out += "    " + std::to_string(++number) + ". " + (step ? printable(*step) : "") + "\n";
  }
  return out;
}

std::string target_text(const json::value& target) {
  std::string out = "=== " + printable(target_name(target)) + "\n";
  if (const std::string error = text_at(target, "error"); !error.empty()) out += "  error: " + printable(error) + "\n";
  for (const json::value& change : array_at(target, "changes")) {
    const std::string service = text_at(change, "service");
    out += "  " + (service.empty() ? "" : printable(service) + ": ") + printable(text_at(change, "text")) + "\n";
  }
  std::size_t number = 0;
  out += steps_text("steps:", array_at(target, "steps"), number);
  return out + steps_text("then, once all of the app is prepared:", array_at(target, "held"), number);
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

/// While the source cannot be read, what is in force may not be what was merged.
void warn_of_old_revision(const DiffCommand& command, const CliContext& context) {
  ApiClient client(endpoint_of(command.connection, context));
  const auto status = fetch(client, "/api/v1/status", "targets",
                            {{"environment", command.filter.environment}, {"app", command.filter.app}});
  const std::string error = status ? text_at(*status, "source_error") : "";
  if (error.empty()) return;
  context.err << "plimsoll: warning: the source cannot be read: " << printable(error) << "\n";
}

Result<ApiReply> ask(const DiffCommand& command, const CliContext& context) {
  DiffRequest request{command.filter, command.revision, std::nullopt};
  ApiClient client(endpoint_of(command.connection, context));
  if (command.manifests.empty()) {
    return client.get("/api/v1/diff", {{"environment", command.filter.environment},
                                       {"app", command.filter.app},
                                       {"instance", command.filter.instance},
                                       {"revision", command.revision}});
  }
  auto files = read_local_files(command.manifests);
  if (!files) return files.error();
  if (const auto nothing = not_a_manifest_directory(*files, command.manifests))
    return Error{ErrorKind::rejected, command.manifests + "/" + to_string(*nothing)};
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
  if (command.revision.empty() && command.manifests.empty()) warn_of_old_revision(command, context);
  const auto reply = ask(command, context);
  if (!reply) return fail(context, reply.error().message, exit_status::kDiffError);
  const auto diff = json_of(*reply, "targets");
  if (!diff) return fail(context, diff.error().message, exit_status::kDiffError);
  context.out << rendered(*diff, command.output.format);
  if (report_errors(*diff, context)) return exit_status::kDiffError;
  if (!array_at(*diff, "targets").empty()) return exit_status::kDifferences;
  if (command.output.format == OutputFormat::table) context.err << "no differences\n";
  return exit_status::kOk;
}

}  // namespace plimsoll::controller
