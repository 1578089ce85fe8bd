#include "controller/cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace plimsoll::controller {
namespace {

const std::map<std::string, OutputFormat> kFormats{{"table", OutputFormat::table},
                                                   {"wide", OutputFormat::wide},
                                                   {"json", OutputFormat::json},
                                                   {"yaml", OutputFormat::yaml},
                                                   {"name", OutputFormat::name}};

/// Everything that options are bound to while parsing; one member per subcommand.
struct Bound {
  StatusCommand status;
  DiffCommand diff;
  SyncCommand sync;
  WaitCommand wait;
  HistoryCommand history;
  SuspendCommand suspend;
  ResumeCommand resume;
  RollbackCommand rollback;
  EventsCommand events;
  LogsCommand logs;
  ValidateCommand validate;
  RenderCommand render;
  ComposeConfigCommand compose_config;
  RunOptions run;
  ConnectionOptions connection;
  std::optional<Command> chosen;
};

CLI::Validator target_argument() {
  return CLI::Validator(
      [](std::string& text) {
        const auto slashes = std::count(text.begin(), text.end(), '/');
        const bool hollow = text.empty() || text.front() == '/' || text.back() == '/';
        return slashes > 1 || hollow ? "'" + text + "' is not ENV or ENV/APP" : std::string();
      },
      "");
}

/// How much of ENV/APP a command insists on.
enum class Names { anything, environment, app };

void add_filter(CLI::App& command, TargetFilter& filter, Names names = Names::anything) {
  static const std::map<Names, std::pair<const char*, const char*>> kTexts{
      {Names::anything, {"All, or those of ENV or ENV/APP", "[ENV[/APP]]"}},
      {Names::environment, {"Those of ENV, or of ENV/APP only", "ENV[/APP] REQUIRED"}},
      {Names::app, {"Which app of which environment, such as dev/backend", "ENV/APP REQUIRED"}}};
  auto* const option = command.add_option_function<std::string>(
      "target",
      [&filter](const std::string& text) {
        const auto slash = text.find('/');
        filter.environment = text.substr(0, slash);
        filter.app = slash == std::string::npos ? "" : text.substr(slash + 1);
      },
      kTexts.at(names).first);
  option->option_text(kTexts.at(names).second)->check(target_argument());
  option->required(names != Names::anything);
  if (names == Names::app) {
    option->check(CLI::Validator(
        [](std::string& text) {
          return text.find('/') == std::string::npos ? "'" + text + "' names no app; write ENV/APP" : std::string();
        },
        ""));
  }
}

void add_format(CLI::App& command, OutputFormat& format, const std::vector<std::string>& names) {
  std::map<std::string, OutputFormat> offered;
  std::string list;
  for (const std::string& name : names) {
    offered[name] = kFormats.at(name);
    list += (list.empty() ? "" : "|") + name;
  }
  command
      .add_option_function<std::string>(
          "-o,--output", [&format](const std::string& name) { format = kFormats.at(name); }, "How to print")
      ->option_text(list)
      ->check(CLI::IsMember(names));
}

void add_output(CLI::App& command, OutputOptions& output, const std::vector<std::string>& names) {
  add_format(command, output.format, names);
  command.add_flag("--no-header", output.no_header, "Tables without their header line");
}

void add_connection(CLI::App& command, ConnectionOptions& connection) {
  auto* const socket = command.add_option("--socket", connection.socket, "The controller's unix socket")
                           ->option_text("PATH [/run/plimsoll/plimsoll.sock]");
  command.add_option("--server", connection.server, "The controller's URL; PLIMSOLL_SERVER is its default")
      ->option_text("URL")
      ->excludes(socket);
}

/// A subcommand whose bound options become the chosen command.
template <class Options>
CLI::App* add_command(CLI::App& app, Bound& bound, Options& options, const char* name, const char* what,
                      const char* group) {
  CLI::App* const command = app.add_subcommand(name, what);
  command->group(group);
  command->callback([&bound, &options] { bound.chosen = options; });
  return command;
}

constexpr const char* kAsk = "Commands that ask a running controller";
constexpr const char* kOffline = "Commands that work on files";
constexpr const char* kServe = "The controller";

void add_status(CLI::App& app, Bound& bound) {
  auto* const command =
      add_command(app, bound, bound.status, "status",
                  "Show what should run and what does; with ENV/APP also services and containers", kAsk);
  add_filter(*command, bound.status.filter);
  add_output(*command, bound.status.output, {"table", "wide", "json", "yaml", "name"});
  command->add_flag("-w,--watch", bound.status.watch, "Look every second and print again what changed");
  add_connection(*command, bound.status.connection);
}

void add_diff(CLI::App& app, Bound& bound) {
  auto* const command = add_command(app, bound, bound.diff, "diff",
                                    "Show what a sync would do. Exit status: 0 nothing, 1 differences, 2 error", kAsk);
  add_filter(*command, bound.diff.filter);
  auto* const revision =
      command->add_option("--revision", bound.diff.revision, "Compare with this branch, tag or commit")
          ->option_text("REF");
  command->add_option("--manifests", bound.diff.manifests, "Compare with this manifest directory, not yet merged")
      ->option_text("DIR")
      ->excludes(revision);
  add_output(*command, bound.diff.output, {"table", "json", "yaml", "name"});
  add_connection(*command, bound.diff.connection);
}

void add_sync(CLI::App& app, Bound& bound) {
  SyncCommand& sync = bound.sync;
  auto* const command = add_command(app, bound, sync, "sync", "Reconcile now", kAsk);
  add_filter(*command, sync.filter);
  auto* const no_wait = command->add_flag_callback(
      "--no-wait", [&sync] { sync.wait = false; }, "Return as soon as it is enqueued");
  no_wait->option_text(" ");
  command
      ->add_flag_callback(
          "--wait", [&sync] { sync.wait = true; },
          "Follow it to its end (the default on a terminal). Exit status: 0 Succeeded, 1 Failed")
      ->excludes(no_wait)
      ->option_text(" ");
  command->add_option("--timeout", sync.timeout_seconds, "How long to follow it, in seconds")
      ->option_text("SECONDS [1800]")
      ->check(CLI::Range(1, 86'400));
  command->add_flag("--allow-removal", sync.allow_removal, "Let a held removal (RemovalBlocked) go through, once");
  command->add_flag("--retry", sync.retry, "Forget failures and try again now");
  add_output(*command, sync.output, {"table", "json", "yaml", "name"});
  add_connection(*command, sync.connection);
}

void add_wait(CLI::App& app, Bound& bound) {
  WaitCommand& wait = bound.wait;
  auto* const command = add_command(app, bound, wait, "wait", "Wait for a state; looks at the present one first", kAsk);
  add_filter(*command, wait.filter);
  command->add_option("--revision", wait.revision, "Wait until this commit is in force")->option_text("COMMIT");
  command->add_flag("--sync", wait.sync, "Wait for Synced (with --health: for both, which is the default)");
  command->add_flag("--health", wait.health, "Wait for Healthy");
  command->add_option("--timeout", wait.timeout_seconds, "Give up after so many seconds")
      ->option_text("SECONDS [300]")
      ->check(CLI::Range(1, 86'400));
  add_connection(*command, wait.connection);
}

void add_history(CLI::App& app, Bound& bound) {
  HistoryCommand& history = bound.history;
  auto* const command =
      add_command(app, bound, history, "history", "Show the deployments of an app, newest first", kAsk);
  add_filter(*command, history.filter, Names::app);
  command->add_option("--instance", history.instance, "Only on this instance")->option_text("NAME");
  command->add_option("--limit", history.limit, "At most so many")->option_text("N [20]")->check(CLI::Range(1, 1000));
  add_output(*command, history.output, {"table", "wide", "json", "yaml", "name"});
  add_connection(*command, history.connection);
}

void add_suspend(CLI::App& app, Bound& bound) {
  auto* const command = add_command(app, bound, bound.suspend, "suspend",
                                    "Only observe these apps until `resume`, whatever is merged", kAsk);
  add_filter(*command, bound.suspend.filter, Names::environment);
  add_output(*command, bound.suspend.output, {"table", "json", "yaml", "name"});
  add_connection(*command, bound.suspend.connection);
}

void add_resume(CLI::App& app, Bound& bound) {
  auto* const command = add_command(app, bound, bound.resume, "resume",
                                    "End what `suspend` and `rollback` hold: follow the branch", kAsk);
  add_filter(*command, bound.resume.filter, Names::environment);
  add_output(*command, bound.resume.output, {"table", "json", "yaml", "name"});
  add_connection(*command, bound.resume.connection);
}

void add_rollback(CLI::App& app, Bound& bound) {
  RollbackCommand& rollback = bound.rollback;
  auto* const command =
      add_command(app, bound, rollback, "rollback",
                  "Take an app back to an earlier deployment, until a new revision of it or `resume`", kAsk);
  add_filter(*command, rollback.filter, Names::app);
  command->add_option("id", rollback.id, "Of `plimsoll history`; without it the last other one that succeeded")
      ->option_text("[ID]")
      ->check(CLI::PositiveNumber);
  add_output(*command, rollback.output, {"table", "json", "yaml", "name"});
  add_connection(*command, rollback.connection);
}

void add_events(CLI::App& app, Bound& bound) {
  EventsCommand& events = bound.events;
  auto* const command = add_command(app, bound, events, "events",
                                    "Show what happened lately: steps and changes of status, oldest first", kAsk);
  add_filter(*command, events.filter);
  command->add_option("--limit", events.limit, "At most so many")->option_text("N [100]")->check(CLI::Range(1, 1000));
  add_output(*command, events.output, {"table", "wide", "json", "yaml"});
  add_connection(*command, events.connection);
}

CLI::Validator service_argument() {
  return CLI::Validator(
      [](std::string& text) {
        const auto slashes = std::count(text.begin(), text.end(), '/');
        const bool hollow =
            text.empty() || text.front() == '/' || text.back() == '/' || text.find("//") != std::string::npos;
        return slashes < 1 || slashes > 2 || hollow ? "'" + text + "' is not ENV/APP or ENV/APP/SERVICE"
                                                    : std::string();
      },
      "");
}

void add_logs(CLI::App& app, Bound& bound) {
  LogsCommand& logs = bound.logs;
  auto* const command = add_command(app, bound, logs, "logs", "Show what the containers of an app wrote", kAsk);
  command
      ->add_option_function<std::string>(
          "target",
          [&logs](const std::string& text) {
            const auto first = text.find('/');
            const auto second = text.find('/', first + 1);
            logs.filter = {text.substr(0, first), text.substr(first + 1, second - first - 1)};
            logs.service = second == std::string::npos ? "" : text.substr(second + 1);
          },
          "An app, or one service of it")
      ->option_text("ENV/APP[/SERVICE] REQUIRED")
      ->required()
      ->check(service_argument());
  command->add_flag("--failed", logs.failed, "Of the containers that failed and are kept, in place of those that run");
  command->add_option("--tail", logs.lines, "The last so many lines of each")
      ->option_text("N [100]")
      ->check(CLI::Range(1, 1000));
  command->add_option("--instance", logs.instance, "Only on this instance")->option_text("NAME");
  add_output(*command, logs.output, {"table", "json", "yaml", "name"});
  add_connection(*command, logs.connection);
}

void add_validate(CLI::App& app, Bound& bound) {
  auto* const command = add_command(app, bound, bound.validate, "validate",
                                    "Check a manifest directory: all errors at once, with file and line", kOffline);
  command->add_option("directory", bound.validate.directory, "The manifest directory")
      ->option_text("DIR REQUIRED")
      ->required();
  add_format(*command, bound.validate.output.format, {"table", "json", "yaml"});
}

void add_render(CLI::App& app, Bound& bound) {
  RenderCommand& render = bound.render;
  auto* const command =
      add_command(app, bound, render, "render", "Print the resolved services of an environment", kOffline);
  command->add_option("directory", render.directory, "The manifest directory")->option_text("DIR REQUIRED")->required();
  command->add_option("--environment", render.environment, "Which environment")->option_text("E REQUIRED")->required();
  command->add_option("--app", render.app, "Only this app")->option_text("A");
  render.output.format = OutputFormat::yaml;
  add_format(*command, render.output.format, {"yaml", "json"});
}

void add_compose_config(CLI::App& app, Bound& bound) {
  ComposeConfigCommand& config = bound.compose_config;
  auto* const command = add_command(app, bound, config, "compose-config",
                                    "Print the resolved Compose model, as `docker compose config` does", kOffline);
  command->add_option("-f,--file", config.files, "Compose file; later ones merge over earlier ones")
      ->option_text("FILE ... REQUIRED")
      ->required();
  command->add_option("--env-file", config.env_files, "Variables for interpolation")
      ->option_text("F ...")
      ->allow_extra_args(false);
  command->add_option("--profile", config.profiles, "Profile to enable")->option_text("P ...")->allow_extra_args(false);
  command->add_option("-p,--project-name", config.project_name, "Name of the project")->option_text("NAME");
  command->add_option("--project-directory", config.project_directory, "What relative paths are relative to")
      ->option_text("DIR");
  add_format(*command, config.format, {"yaml", "json"});
}

void add_run(CLI::App& app, Bound& bound) {
  RunOptions& run = bound.run;
  auto* const command = add_command(app, bound, run, "run", "Run the controller", kServe);
  command->add_option("--config", run.config_file, "The controller's configuration")
      ->option_text("FILE REQUIRED")
      ->required();
  command->add_flag("--once", run.once, "One full pass over everything; exit status 0 when all is Synced and Healthy");
  command->add_option("--log-format", run.log_format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->option_text("F [text]");
  command->add_option("--log-level", run.log_level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->option_text("L [info]");
}

void apply_common_connection(Command& command, const ConnectionOptions& common) {
  std::visit(
      [&common](auto& options) {
        if constexpr (requires { options.connection; }) {
          if (options.connection.socket.empty() && options.connection.server.empty()) options.connection = common;
        }
      },
      command);
}

const CLI::App& addressed(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : *chosen.front();
}

/// CLI11 says of an unknown command only that one is required.
std::string unknown_command(const CLI::App& app) {
  for (const std::string& argument : app.remaining()) {
    if (!argument.starts_with('-')) return "there is no command '" + argument + "'";
  }
  return "";
}

ParsedCommandLine usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& where = addressed(app);
  const std::string name = where.get_parent() ? "plimsoll " + where.get_name() : "plimsoll";
  std::string what = where.get_parent() ? "" : unknown_command(app);
  if (what.empty()) what = error.what();
  std::replace(what.begin(), what.end(), '\n', ' ');
  return {std::nullopt, 2, "plimsoll: " + what + "; see `" + name + " --help`\n"};
}

}  // namespace

ParsedCommandLine parse_command_line(std::vector<std::string> arguments) {
  Bound bound;
  CLI::App app("Plimsoll: GitOps for plain Docker hosts. A deployment is a merged pull request.", "plimsoll");
  app.set_version_flag("--version", "plimsoll " PLIMSOLL_VERSION);
  app.set_help_flag("-h,--help", "Print this help");
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  add_connection(app, bound.connection);
  for (auto* add : {add_status, add_diff, add_sync, add_wait, add_history, add_suspend, add_resume, add_rollback,
                    add_events, add_logs, add_validate, add_render, add_compose_config, add_run}) {
    add(app, bound);
  }
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    const CLI::App& where = addressed(app);
    return {std::nullopt, 0, where.get_parent() ? where.help("plimsoll") : where.help()};
  } catch (const CLI::CallForVersion&) {
    return {std::nullopt, 0, "plimsoll " PLIMSOLL_VERSION "\n"};
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error);
  }
  apply_common_connection(*bound.chosen, bound.connection);
  return {std::move(bound.chosen), 0, ""};
}

}  // namespace plimsoll::controller
