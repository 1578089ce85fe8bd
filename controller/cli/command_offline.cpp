#include <algorithm>
#include <boost/json.hpp>
#include <ostream>

#include "controller/cli/commands.hpp"
#include "controller/cli/json_fields.hpp"
#include "controller/cli/local_files.hpp"
#include "controller/http/status_json.hpp"
#include "manifest/desired_loader.hpp"
#include "manifest/render.hpp"
#include "manifest/validate.hpp"
#include "model/printable.hpp"

namespace plimsoll::controller {
namespace {

namespace json = boost::json;

std::size_t count(const Diagnostics& diagnostics, Severity severity) {
  return static_cast<std::size_t>(std::count_if(
      diagnostics.begin(), diagnostics.end(), [severity](const Diagnostic& one) { return one.severity == severity; }));
}

std::string counted(std::size_t number, const std::string& what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

std::string summary(const Diagnostics& diagnostics, const std::string& directory) {
  const std::size_t errors = count(diagnostics, Severity::error);
  const std::size_t warnings = count(diagnostics, Severity::warning);
  if (errors == 0 && warnings == 0) return directory + ": no errors";
  return directory + ": " + counted(errors, "error") + ", " + counted(warnings, "warning");
}

json::value as_json(const Diagnostics& diagnostics) {
  json::array findings;
  for (const Diagnostic& one : diagnostics) findings.push_back(to_json(one));
  return {{"diagnostics", std::move(findings)}};
}

bool selected(const RenderCommand& command, const std::string& environment, const std::string& app) {
  return environment == command.environment && (command.app.empty() || app == command.app);
}

/// Errors of what was asked for go to `err`; true when there was one.
bool report_broken(const DesiredState& state, const RenderCommand& command, const CliContext& context) {
  bool broken = false;
  for (const BrokenApp& app : state.broken) {
    if (!selected(command, app.environment, app.app)) continue;
    broken = true;
    for (const Diagnostic& one : app.diagnostics) context.err << printable(to_string(one)) << "\n";
  }
  for (const Diagnostic& one : state.diagnostics) context.err << printable(to_string(one)) << "\n";
  return broken || has_errors(state.diagnostics);
}

bool anything_selected(const DesiredState& state, const RenderCommand& command) {
  const auto target = [&command](const DesiredTarget& one) {
    return selected(command, one.id.environment, one.id.app);
  };
  const auto broken = [&command](const BrokenApp& one) { return selected(command, one.environment, one.app); };
  return std::any_of(state.targets.begin(), state.targets.end(), target) ||
         std::any_of(state.broken.begin(), state.broken.end(), broken);
}

}  // namespace

int execute(const ValidateCommand& command, const CliContext& context) {
  const auto files = read_local_files(command.directory);
  if (!files) return fail(context, files.error().message);
  const auto nothing = not_a_manifest_directory(*files, command.directory);
  const Diagnostics diagnostics = nothing ? Diagnostics{*nothing} : manifest::validate(*files);
  if (command.output.format == OutputFormat::json) {
    context.out << pretty_json(as_json(diagnostics));
  } else if (command.output.format == OutputFormat::yaml) {
    context.out << json_as_yaml(as_json(diagnostics));
  } else {
    for (const Diagnostic& one : diagnostics) context.out << printable(to_string(one)) << "\n";
  }
  context.err << summary(diagnostics, command.directory) << "\n";
  return has_errors(diagnostics) ? exit_status::kFailed : exit_status::kOk;
}

int execute(const RenderCommand& command, const CliContext& context) {
  const auto files = read_local_files(command.directory);
  if (!files) return fail(context, files.error().message);
  if (const auto nothing = not_a_manifest_directory(*files, command.directory))
    return fail(context, command.directory + "/" + to_string(*nothing));
  const DesiredState state = manifest::load_desired(*files, {}, {});
  const bool broken = report_broken(state, command, context);
  if (!anything_selected(state, command)) {
    const std::string wanted = command.environment + (command.app.empty() ? "" : "/" + command.app);
    return fail(context, "nothing to render for " + wanted + "; environments/ of " + command.directory +
                             " says which environments and apps there are");
  }
  const auto format =
      command.output.format == OutputFormat::json ? manifest::RenderFormat::json : manifest::RenderFormat::yaml;
  context.out << manifest::render(state, {command.environment, command.app}, format);
  return broken ? exit_status::kError : exit_status::kOk;
}

}  // namespace plimsoll::controller
