#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "controller/control_api.hpp"
#include "controller/run.hpp"

namespace plimsoll::controller {

/// How a command prints; each command takes some of them.
enum class OutputFormat { table, wide, json, yaml, name };

/// Which controller; both empty: the default socket.
struct ConnectionOptions {
  std::string socket;
  std::string server;
};

/// What every command that prints has in common.
struct OutputOptions {
  OutputFormat format = OutputFormat::table;
  bool no_header = false;
};

/// `status [ENV[/APP[@INSTANCE]]]`
struct StatusCommand {
  ConnectionOptions connection;
  OutputOptions output;
  TargetFilter filter;
  bool watch = false;
};

/// `diff [ENV[/APP[@INSTANCE]]]`; at most one of `revision` and `manifests` is set.
struct DiffCommand {
  ConnectionOptions connection;
  OutputOptions output;
  TargetFilter filter;
  std::string revision;
  std::string manifests;  ///< directory
};

/// `sync [ENV[/APP[@INSTANCE]]]`
struct SyncCommand {
  ConnectionOptions connection;
  OutputOptions output;
  TargetFilter filter;
  std::optional<bool> wait;  ///< absent: wait on a terminal
  bool allow_removal = false;
  bool retry = false;
  int timeout_seconds = 1800;  ///< how long to follow the operation
};

/// `wait [ENV[/APP[@INSTANCE]]]`; neither `sync` nor `health` means both.
struct WaitCommand {
  ConnectionOptions connection;
  TargetFilter filter;
  std::string revision;  ///< the first digits of the commit, or all, in lower case; empty: any
  bool sync = false, health = false;
  int timeout_seconds = 300;
};

/// `history ENV/APP[@INSTANCE]`
struct HistoryCommand {
  ConnectionOptions connection;
  OutputOptions output;
  TargetFilter filter;
  int limit = 20;
};

/// `suspend ENV[/APP]`
struct SuspendCommand {
  ConnectionOptions connection;
  OutputOptions output;
  TargetFilter filter;
};

/// `resume ENV[/APP]`
struct ResumeCommand {
  ConnectionOptions connection;
  OutputOptions output;
  TargetFilter filter;
};

/// `rollback ENV/APP [ID]`
struct RollbackCommand {
  ConnectionOptions connection;
  OutputOptions output;
  TargetFilter filter;
  std::int64_t id = 0;
};

/// `events [ENV[/APP[@INSTANCE]]]`
struct EventsCommand {
  ConnectionOptions connection;
  OutputOptions output;
  TargetFilter filter;
  int limit = 100;
  bool watch = false;
};

/// `logs ENV/APP[/SERVICE][@INSTANCE]`
struct LogsCommand {
  ConnectionOptions connection;
  OutputOptions output;
  TargetFilter filter;
  std::string service;
  bool failed = false;
  int lines = 100;
};

/// `validate DIR`
struct ValidateCommand {
  std::string directory;
  OutputOptions output;
};

/// `render DIR --environment E [--app A]`; yaml or json.
struct RenderCommand {
  std::string directory;
  std::string environment;
  std::string app;
  OutputOptions output;
};

/// `compose-config -f FILE…`; yaml or json. Paths are as given, relative to the working directory; `-` is standard
/// input.
struct ComposeConfigCommand {
  std::vector<std::string> files, env_files, profiles;
  std::string project_name, project_directory;
  OutputFormat format = OutputFormat::yaml;
};

/// One understood command with its options.
using Command = std::variant<StatusCommand, DiffCommand, SyncCommand, WaitCommand, HistoryCommand, SuspendCommand,
                             ResumeCommand, RollbackCommand, EventsCommand, LogsCommand, ValidateCommand, RenderCommand,
                             ComposeConfigCommand, RunOptions>;

/// A command line as it was understood: a command, or what to print instead.
struct ParsedCommandLine {
  std::optional<Command> command;
  int exit_status = 0;  ///< without a command: 0 for help and version, 2 for a usage error
  std::string text;     ///< without a command: what to print, to stdout when `exit_status` is 0
};

/// Understands the arguments, program name left out. Reads no environment.
[[nodiscard]] ParsedCommandLine parse_command_line(std::vector<std::string> arguments);

}  // namespace plimsoll::controller
