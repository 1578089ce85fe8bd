#include <cstdlib>
#include <filesystem>
#include <ostream>

#include "compose/load.hpp"
#include "controller/cli/commands.hpp"
#include "controller/cli/compose_files.hpp"
#include "controller/cli/display_width.hpp"

namespace plimsoll::controller {
namespace {

namespace fs = std::filesystem;

/// Absolute and without `.` and `..`, links left alone: what the files say is what diagnostics show.
std::string absolute_path(const fs::path& path) {
  std::string text = fs::absolute(path).lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

compose::LoadOptions options_of(const ComposeConfigCommand& command) {
  compose::LoadOptions options;
  for (const std::string& file : command.files) options.files.push_back(absolute_path(file));
  for (const std::string& file : command.env_files) options.env_files.push_back(absolute_path(file));
  options.project_name = command.project_name;
  // As Compose: the directory of the first file.
  options.project_directory = command.project_directory.empty()
                                  ? absolute_path(fs::path(options.files.front()).parent_path())
                                  : absolute_path(command.project_directory);
  options.profiles = command.profiles;
  // This runs beside a person's own files, so `~` means what it means to `docker compose`.
  if (const char* home = std::getenv("HOME"); home != nullptr) options.home_directory = home;
  return options;
}

}  // namespace

int execute(const ComposeConfigCommand& command, const CliContext& context) {
  const compose::LoadedProject loaded = compose::load_project(LocalComposeFiles(), options_of(command));
  for (const Diagnostic& one : loaded.diagnostics) context.err << printable(to_string(one)) << "\n";
  if (!loaded.project) {
    return fail(context, "the Compose files have errors; mend them and try again");
  }
  std::string text = command.format == OutputFormat::json ? compose::to_config_json(*loaded.project)
                                                          : compose::to_config_yaml(*loaded.project);
  if (!text.ends_with('\n')) text += '\n';
  context.out << text;
  return exit_status::kOk;
}

}  // namespace plimsoll::controller
