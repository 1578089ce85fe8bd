#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "controller/control_api.hpp"
#include "controller/run.hpp"

namespace plimsoll::controller {

enum class OutputFormat { table, wide, json, yaml, name };

/// Which controller; both empty: the default socket.
struct ConnectionOptions {
  std::string socket;
  std::string server;
};

struct OutputOptions {
  OutputFormat format = OutputFormat::table;
  bool no_header = false;
};

struct StatusCommand {
  ConnectionOptions connection;
  OutputOptions output;
  TargetFilter filter;
  bool watch = false;
};

struct DiffCommand {
  ConnectionOptions connection;
  OutputOptions output;
  TargetFilter filter;
  std::string revision;
  std::string manifests;  ///< directory
};

struct SyncCommand {
  ConnectionOptions connection;
  OutputOptions output;
  TargetFilter filter;
  std::optional<bool> wait;  ///< absent: wait on a terminal
  bool allow_removal = false;
  bool retry = false;
  int timeout_seconds = 1800;  ///< how long to follow the operation
};

struct WaitCommand {
  ConnectionOptions connection;
  TargetFilter filter;
  std::string revision;  ///< full, or the first digits of the commit; empty: any
  bool sync = false, health = false;
  int timeout_seconds = 300;
};

struct HistoryCommand {
  ConnectionOptions connection;
  OutputOptions output;
  TargetFilter filter;
  std::string instance;
  int limit = 20;
};

struct ValidateCommand {
  std::string directory;
  OutputOptions output;
};

struct RenderCommand {
  std::string directory;
  std::string environment;
  std::string app;
  OutputOptions output;
};

struct ComposeConfigCommand {
  std::vector<std::string> files, env_files, profiles;
  std::string project_name, project_directory;
  OutputFormat format = OutputFormat::yaml;
};

using Command = std::variant<StatusCommand, DiffCommand, SyncCommand, WaitCommand, HistoryCommand, ValidateCommand,
                             RenderCommand, ComposeConfigCommand, RunOptions>;

/// A command line as it was understood: a command, or what to print instead.
struct ParsedCommandLine {
  std::optional<Command> command;
  int exit_status = 0;  ///< without a command: 0 for help and version, 2 for a usage error
  std::string text;     ///< without a command: what to print, to stdout when `exit_status` is 0
};

/// Understands the arguments, program name left out. Reads no environment.
[[nodiscard]] ParsedCommandLine parse_command_line(std::vector<std::string> arguments);

}  // namespace plimsoll::controller
