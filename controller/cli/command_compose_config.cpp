#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <istream>
#include <ostream>

#include "compose/load.hpp"
#include "controller/cli/commands.hpp"
#include "controller/cli/compose_files.hpp"
#include "model/printable.hpp"
#include "model/repository_files.hpp"

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

using GivenFiles = std::map<std::string, std::shared_ptr<const std::string>>;

/// Standard input as the file `-`.
Result<GivenFiles> files_for(const ComposeConfigCommand& command, const CliContext& context) {
  GivenFiles given;
  if (std::count(command.files.begin(), command.files.end(), "-") == 0) return given;
  if (context.in == nullptr) return Error{ErrorKind::rejected, "-f -: there is no standard input"};
  std::string text(kMaxFileBytes + 1, '\0');
  context.in->read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(context.in->gcount()));
  if (text.size() > kMaxFileBytes) return Error{ErrorKind::rejected, "-f -: standard input is larger than 1 MiB"};
  given[absolute_path("-")] = std::make_shared<const std::string>(std::move(text));
  return given;
}

/// Here a variable is set in another way than in a manifest repository.
Diagnostic with_mend(Diagnostic one) {
  constexpr std::string_view kSet = "set it";
  if (one.mend.starts_with(kSet)) one.mend.insert(kSet.size(), " in .env or with --env-file");
  return one;
}

}  // namespace

int execute(const ComposeConfigCommand& command, const CliContext& context) {
  const auto files = files_for(command, context);
  if (!files) return fail(context, files.error().message);
  const compose::LoadedProject loaded = compose::load_project(LocalComposeFiles(*files), options_of(command));
  for (const Diagnostic& one : loaded.diagnostics) context.err << printable(to_string(with_mend(one))) << "\n";
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
