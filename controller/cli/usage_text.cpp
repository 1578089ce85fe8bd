#include "controller/cli/usage_text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "manifest/key_table.hpp"

namespace plimsoll::controller {
namespace {

const CLI::App& addressed(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : *chosen.front();
}

std::string no_command(const CLI::App& app, const std::string& name) {
  std::vector<std::string> known;
  for (const CLI::App* const command : app.get_subcommands({})) known.push_back(command->get_name());
  const std::string near = manifest::suggestion(name, known);
  return "there is no command '" + name + "'" + (near.empty() ? "" : "; " + near);
}

/// CLI11 says of an unknown command only that one is required.
std::string unknown_command(const CLI::App& app) {
  for (const std::string& argument : app.remaining()) {
    if (!argument.starts_with('-')) return no_command(app, argument);
  }
  return "";
}

/// CLI11 complains of other arguments first, though an option that it does not know may be why they look wrong.
std::string unknown_option(const CLI::App& app, const CLI::App& where) {
  for (const std::string& argument : app.remaining(/* recurse= */ true)) {
    if (argument.size() < 2 || argument.front() != '-') continue;
    const std::string name = argument.substr(0, argument.find('='));
    std::vector<std::string> known;
    for (const CLI::Option* const option : where.get_options()) {
      for (const std::string& long_name : option->get_lnames()) known.push_back("--" + long_name);
    }
    const std::string near = name.starts_with("--") ? manifest::suggestion(name, known) : "";
    return "there is no option '" + name + "'" + (near.empty() ? "" : "; " + near);
  }
  return "";
}

/// `target is required` in the words of the help.
std::string in_words_of_help(const std::string& what, const CLI::App& where) {
  if (what == "A subcommand is required") return "which command?";
  for (const CLI::Option* const option : where.get_options()) {
    const std::string& shown = option->get_option_text();
    if (what == option->get_name() + " is required" && option->get_positional())
      return shown.substr(0, shown.find(' ')) + " is required";
  }
  return what;
}

ParsedCommandLine usage_line(const std::string& what, const std::string& name) {
  const bool asks = what.ends_with('?');
  return {std::nullopt, 2, "plimsoll: " + what + (asks ? " See `" : "; see `") + name + " --help`\n"};
}

}  // namespace

ParsedCommandLine usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& where = addressed(app);
  const std::string name = where.get_parent() ? "plimsoll " + where.get_name() : "plimsoll";
  std::string what = where.get_parent() ? "" : unknown_command(app);
  if (what.empty()) what = unknown_option(app, where);
  if (what.empty()) what = in_words_of_help(error.what(), where);
  std::replace(what.begin(), what.end(), '\n', ' ');
  return usage_line(what, name);
}

ParsedCommandLine help_asked(const CLI::App& app) {
  const CLI::App& where = addressed(app);
  return {std::nullopt, 0, where.get_parent() ? where.help("plimsoll") : where.help()};
}

ParsedCommandLine help_on(const CLI::App& app, const std::string& name) {
  if (name.empty()) return {std::nullopt, 0, app.help()};
  for (const CLI::App* const command : app.get_subcommands({})) {
    if (command->get_name() == name) return {std::nullopt, 0, command->help("plimsoll")};
  }
  return usage_line(no_command(app, name), "plimsoll");
}

}  // namespace plimsoll::controller
