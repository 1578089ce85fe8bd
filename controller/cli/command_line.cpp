#include "controller/cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "controller/cli/command_arguments.hpp"
#include "controller/cli/usage_text.hpp"

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

/// What a reader made of an argument; its error becomes CLI11's.
template <class Value>
Value taken(Result<Value> read) {
  if (!read) throw CLI::ValidationError(read.error().message);
  return std::move(*read);
}

/// `use` gets the target, taken apart.
template <class Use>
CLI::Option* add_target(CLI::App& command, TargetForm form, const char* what, const char* shown, Use use) {
  return command
      .add_option_function<std::string>(
          "target", [form, use](const std::string& text) { use(taken(parse_target(text, form))); }, what)
      ->option_text(shown);
}

void add_filter(CLI::App& command, TargetFilter& filter, TargetForm form) {
  static const std::map<TargetForm, std::pair<const char*, const char*>> kTexts{
      {TargetForm::any, {"All, or those of ENV, ENV/APP or ENV/APP@INSTANCE", "[ENV[/APP[@INSTANCE]]]"}},
      {TargetForm::environment_or_app, {"Those of ENV, or of ENV/APP only", "ENV[/APP] REQUIRED"}},
      {TargetForm::app, {"Which app of which environment, such as dev/backend", "ENV/APP[@INSTANCE] REQUIRED"}},
      {TargetForm::whole_app, {"Which app of which environment, such as dev/backend", "ENV/APP REQUIRED"}}};
  const auto& [what, shown] = kTexts.at(form);
  add_target(command, form, what, shown, [&filter](const TargetArgument& target) {
    filter = target.filter;
  })->required(form != TargetForm::any);
}

void add_instance(CLI::App& command, TargetFilter& filter) {
  command
      .add_option_function<std::string>(
          "--instance", [&filter](const std::string& name) { filter.instance = name; }, "Only on this instance")
      ->option_text("NAME");
}

void add_timeout(CLI::App& command, int& seconds, const char* what, const char* shown) {
  command
      .add_option_function<std::string>(
          "--timeout", [&seconds](const std::string& text) { seconds = taken(parse_timeout(text)); }, what)
      ->option_text(shown);
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
  command
      .add_option("--server", connection.server,
                  "The controller's URL, for what only reads; PLIMSOLL_SERVER is its default")
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
constexpr const char* kAbout = "About this program";

void add_status(CLI::App& app, Bound& bound) {
  auto* const command =
      add_command(app, bound, bound.status, "status",
                  "Show what should run and what does; with ENV/APP also services and containers", kAsk);
  add_filter(*command, bound.status.filter, TargetForm::any);
  add_output(*command, bound.status.output, {"table", "wide", "json", "yaml", "name"});
  command->add_flag("-w,--watch", bound.status.watch, "Look every second and print again what changed");
  add_connection(*command, bound.status.connection);
}

void add_diff(CLI::App& app, Bound& bound) {
  auto* const command = add_command(app, bound, bound.diff, "diff",
                                    "Show what a sync would do. Exit status: 0 nothing, 1 differences, 2 error", kAsk);
  add_filter(*command, bound.diff.filter, TargetForm::any);
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
  add_filter(*command, sync.filter, TargetForm::any);
  auto* const no_wait = command->add_flag_callback(
      "--no-wait", [&sync] { sync.wait = false; }, "Return as soon as it is enqueued");
  no_wait->option_text(" ");
  command
      ->add_flag_callback(
          "--wait", [&sync] { sync.wait = true; },
          "Follow it to its end (the default on a terminal). Exit status: 0 Succeeded, 1 not")
      ->excludes(no_wait)
      ->option_text(" ");
  add_timeout(*command, sync.timeout_seconds, "How long to follow it", "TIME [30m]");
  command->add_flag("--allow-removal", sync.allow_removal, "Let a held removal (RemovalBlocked) go through, once");
  command->add_flag("--retry", sync.retry, "Forget failures and try again now");
  add_output(*command, sync.output, {"table", "json", "yaml", "name"});
  add_connection(*command, sync.connection);
}

void add_wait(CLI::App& app, Bound& bound) {
  WaitCommand& wait = bound.wait;
  auto* const command = add_command(app, bound, wait, "wait", "Wait for a state; looks at the present one first", kAsk);
  add_filter(*command, wait.filter, TargetForm::any);
  command
      ->add_option_function<std::string>(
          "--revision", [&wait](const std::string& text) { wait.revision = taken(parse_commit(text)); },
          "Wait until this commit is in force")
      ->option_text("COMMIT");
  command->add_flag("--sync", wait.sync, "Wait for Synced (with --health: for both, which is the default)");
  command->add_flag("--health", wait.health, "Wait for Healthy");
  add_timeout(*command, wait.timeout_seconds, "Give up after so long", "TIME [5m]");
  add_connection(*command, wait.connection);
}

void add_history(CLI::App& app, Bound& bound) {
  HistoryCommand& history = bound.history;
  auto* const command =
      add_command(app, bound, history, "history", "Show the deployments of an app, newest first", kAsk);
  add_filter(*command, history.filter, TargetForm::app);
  add_instance(*command, history.filter);
  command->add_option("--limit", history.limit, "At most so many")->option_text("N [20]")->check(CLI::Range(1, 1000));
  add_output(*command, history.output, {"table", "wide", "json", "yaml", "name"});
  add_connection(*command, history.connection);
}

void add_suspend(CLI::App& app, Bound& bound) {
  auto* const command = add_command(app, bound, bound.suspend, "suspend",
                                    "Only observe these apps until `resume`, whatever is merged", kAsk);
  add_filter(*command, bound.suspend.filter, TargetForm::environment_or_app);
  add_output(*command, bound.suspend.output, {"table", "json", "yaml", "name"});
  add_connection(*command, bound.suspend.connection);
}

void add_resume(CLI::App& app, Bound& bound) {
  auto* const command = add_command(app, bound, bound.resume, "resume",
                                    "End what `suspend` and `rollback` hold: follow the branch", kAsk);
  add_filter(*command, bound.resume.filter, TargetForm::environment_or_app);
  add_output(*command, bound.resume.output, {"table", "json", "yaml", "name"});
  add_connection(*command, bound.resume.connection);
}

void add_rollback(CLI::App& app, Bound& bound) {
  RollbackCommand& rollback = bound.rollback;
  auto* const command =
      add_command(app, bound, rollback, "rollback",
                  "Take an app back to an earlier deployment, until a new revision of it or `resume`", kAsk);
  add_filter(*command, rollback.filter, TargetForm::whole_app);
  command
      ->add_option_function<std::string>(
          "id",
          [&rollback](const std::string& text) { rollback.id = taken(parse_deployment_id(text, rollback.filter)); },
          "Of `plimsoll history`; without it the last other one that succeeded")
      ->option_text("[ID]");
  add_output(*command, rollback.output, {"table", "json", "yaml", "name"});
  add_connection(*command, rollback.connection);
}

void add_events(CLI::App& app, Bound& bound) {
  EventsCommand& events = bound.events;
  auto* const command = add_command(app, bound, events, "events",
                                    "Show what happened lately: steps and changes of status, oldest first", kAsk);
  add_filter(*command, events.filter, TargetForm::any);
  command->add_option("--limit", events.limit, "At most so many")->option_text("N [100]")->check(CLI::Range(1, 1000));
  command->add_flag("-w,--watch", events.watch, "Look every second and print what came");
  add_output(*command, events.output, {"table", "wide", "json", "yaml"});
  add_connection(*command, events.connection);
}

void add_logs(CLI::App& app, Bound& bound) {
  LogsCommand& logs = bound.logs;
  auto* const command = add_command(app, bound, logs, "logs", "Show what the containers of an app wrote", kAsk);
  add_target(*command, TargetForm::service, "An app, or one service of it", "ENV/APP[/SERVICE][@INSTANCE] REQUIRED",
             [&logs](const TargetArgument& target) {
               logs.filter = target.filter;
               logs.service = target.service;
             })
      ->required();
  command->add_flag("--failed", logs.failed, "Of the containers that failed and are kept, in place of those that run");
  command->add_option("--tail", logs.lines, "The last so many lines of each")
      ->option_text("N [100]")
      ->check(CLI::Range(1, 1000));
  add_instance(*command, logs.filter);
  add_output(*command, logs.output, {"table", "json", "yaml", "name"});
  add_connection(*command, logs.connection);
}

void add_validate(CLI::App& app, Bound& bound) {
  auto* const command = add_command(
      app, bound, bound.validate, "validate",
      "Check a manifest directory: all errors at once, with file and line. Exit status: 0 none, 1 errors", kOffline);
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
  command
      ->add_option("-f,--file", config.files, "Compose file, - for standard input; later ones merge over earlier ones")
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

ParsedCommandLine version_line() { return {std::nullopt, 0, "plimsoll " PLIMSOLL_VERSION "\n"}; }

void add_help_and_version(CLI::App& app, std::optional<std::string>& help, bool& version) {
  auto* const about = app.add_subcommand("help", "Print this help, or that of a command")->group(kAbout);
  about
      ->add_option_function<std::string>(
          "command", [&help](const std::string& name) { help = name; }, "Which command")
      ->option_text("[COMMAND]");
  about->callback([&help] { help = help.value_or(""); });
  app.add_subcommand("version", "Print the version")->group(kAbout)->callback([&version] { version = true; });
}

}  // namespace

ParsedCommandLine parse_command_line(std::vector<std::string> arguments) {
  Bound bound;
  CLI::App app("Plimsoll: GitOps for plain Docker hosts. A deployment is a merged pull request.", "plimsoll");
  app.set_version_flag("-v,--version", "plimsoll " PLIMSOLL_VERSION, "Print the version");
  app.set_help_flag("-h,--help", "Print this help");  // commands take over the flag that is there when they are added
  std::optional<std::string> help;
  bool version = false;
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  add_connection(app, bound.connection);
  for (auto* add : {add_status, add_diff, add_sync, add_wait, add_history, add_suspend, add_resume, add_rollback,
                    add_events, add_logs, add_validate, add_render, add_compose_config, add_run}) {
    add(app, bound);
  }
  add_help_and_version(app, help, version);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return help_asked(app);
  } catch (const CLI::CallForVersion&) {
    return version_line();
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error);
  }
  if (version) return version_line();
  if (help) {
    app.clear();  // else its help would be that of the command `help`
    return help_on(app, *help);
  }
  apply_common_connection(*bound.chosen, bound.connection);
  return {std::move(bound.chosen), 0, ""};
}

}  // namespace plimsoll::controller
