#include "controller/cli/command_line.hpp"

#include <catch2/catch.hpp>

using namespace plimsoll::controller;

namespace {

template <class Wanted>
Wanted parsed(const std::vector<std::string>& arguments) {
  const ParsedCommandLine line = parse_command_line(arguments);
  INFO(line.text);
  REQUIRE(line.command);
  REQUIRE(std::holds_alternative<Wanted>(*line.command));
  return std::get<Wanted>(*line.command);
}

}  // namespace

TEST_CASE("targets are given as ENV or ENV/APP") {
  CHECK(parsed<StatusCommand>({"status"}).filter.environment.empty());
  CHECK(parsed<StatusCommand>({"status", "dev"}).filter.environment == "dev");
  const auto one = parsed<StatusCommand>({"status", "dev/api"});
  CHECK(one.filter.environment == "dev");
  CHECK(one.filter.app == "api");
}

TEST_CASE("what looks at targets, or syncs them, takes one as status writes it") {
  CHECK(parsed<StatusCommand>({"status", "dev/api@dev-1"}).filter.instance == "dev-1");
  CHECK(parsed<DiffCommand>({"diff", "dev/api@dev-1"}).filter.instance == "dev-1");
  CHECK(parsed<SyncCommand>({"sync", "dev/api@dev-1"}).filter.instance == "dev-1");
  CHECK(parsed<WaitCommand>({"wait", "dev/api@dev-1"}).filter.instance == "dev-1");
  CHECK(parsed<EventsCommand>({"events", "dev/api@dev-1"}).filter.instance == "dev-1");
  CHECK(parsed<HistoryCommand>({"history", "dev/api@dev-1"}).filter.instance == "dev-1");
  const auto logs = parsed<LogsCommand>({"logs", "dev/api/web@dev-1"});
  CHECK(logs.filter.app == "api");
  CHECK(logs.filter.instance == "dev-1");
  CHECK(logs.service == "web");
  CHECK(parsed<LogsCommand>({"logs", "dev/api", "--instance", "dev-1"}).filter.instance == "dev-1");
}

TEST_CASE("options of the commands that ask a controller") {
  const auto status = parsed<StatusCommand>({"status", "-o", "wide", "--no-header", "-w", "--server", "http://x"});
  CHECK(status.output.format == OutputFormat::wide);
  CHECK(status.output.no_header);
  CHECK(status.watch);
  CHECK(status.connection.server == "http://x");
  CHECK(parsed<StatusCommand>({"--socket", "/s", "status"}).connection.socket == "/s");
  CHECK(parsed<StatusCommand>({"status", "--socket", "/s"}).connection.socket == "/s");

  CHECK(parsed<DiffCommand>({"diff", "dev", "--revision", "topic"}).revision == "topic");
  CHECK(parsed<DiffCommand>({"diff", "--manifests", "dir", "-o", "json"}).manifests == "dir");

  CHECK_FALSE(parsed<SyncCommand>({"sync"}).wait);
  CHECK(parsed<SyncCommand>({"sync", "--wait"}).wait == true);
  const auto sync = parsed<SyncCommand>({"sync", "dev/api", "--no-wait", "--allow-removal", "--retry"});
  CHECK(sync.wait == false);
  CHECK(sync.allow_removal);
  CHECK(sync.retry);

  const auto wait = parsed<WaitCommand>({"wait", "dev/api", "--revision", "4f1c", "--health", "--timeout", "5"});
  CHECK(wait.revision == "4f1c");
  CHECK(wait.health);
  CHECK_FALSE(wait.sync);
  CHECK(wait.timeout_seconds == 5);
  CHECK(parsed<WaitCommand>({"wait", "--timeout", "5m"}).timeout_seconds == 300);
  CHECK(parsed<SyncCommand>({"sync", "--timeout", "1h30m"}).timeout_seconds == 5400);
  CHECK(parsed<EventsCommand>({"events", "-w"}).watch);

  const auto history = parsed<HistoryCommand>({"history", "dev/api", "--instance", "dev-1", "--limit", "3"});
  CHECK(history.filter.app == "api");
  CHECK(history.filter.instance == "dev-1");
  CHECK(history.limit == 3);
  CHECK(parsed<SuspendCommand>({"suspend", "dev"}).filter.environment == "dev");
  CHECK(parsed<ResumeCommand>({"resume", "dev/api"}).filter.app == "api");
  CHECK(parsed<RollbackCommand>({"rollback", "dev/api"}).id == 0);
  CHECK(parsed<RollbackCommand>({"rollback", "dev/api", "12"}).id == 12);
}

TEST_CASE("options of the commands that work on files, and of run") {
  CHECK(parsed<ValidateCommand>({"validate", "dir", "-o", "json"}).directory == "dir");
  const auto render = parsed<RenderCommand>({"render", "dir", "--environment", "dev", "--app", "api", "-o", "json"});
  CHECK(render.environment == "dev");
  CHECK(render.app == "api");
  CHECK(render.output.format == OutputFormat::json);
  CHECK(parsed<RenderCommand>({"render", "dir", "--environment", "dev"}).output.format == OutputFormat::yaml);
  const auto config = parsed<ComposeConfigCommand>({"compose-config", "-f", "a", "-f", "b", "--env-file", "e",
                                                    "--env-file", "f", "--profile", "p", "--profile", "q",
                                                    "--project-name", "n", "--project-directory", "d", "-o", "json"});
  CHECK(config.files == std::vector<std::string>{"a", "b"});
  CHECK(config.env_files == std::vector<std::string>{"e", "f"});
  CHECK(config.profiles == std::vector<std::string>{"p", "q"});
  CHECK(config.project_name == "n");
  CHECK(config.project_directory == "d");
  CHECK(config.format == OutputFormat::json);
  const auto run =
      parsed<RunOptions>({"run", "--config", "c", "--once", "--log-format", "json", "--log-level", "debug"});
  CHECK(run.config_file == "c");
  CHECK(run.once);
  CHECK(run.log_format == "json");
  CHECK(run.log_level == "debug");
}

TEST_CASE("a wrong command line is one line that says what is wrong and where help is, with status 2") {
  const std::vector<std::vector<std::string>> lines{{},
                                                    {"stauts"},
                                                    {"status", "--nope"},
                                                    {"status", "a/b/c"},
                                                    {"status", "a/"},
                                                    {"status", "/a"},
                                                    {"status", "a", "b"},
                                                    {"status", "-o", "xml"},
                                                    {"status", "--socket", "a", "--server", "b"},
                                                    {"diff", "-o", "wide"},
                                                    {"diff", "--revision", "a", "--manifests", "b"},
                                                    {"sync", "--wait", "--no-wait"},
                                                    {"sync", "--timeout", "0"},
                                                    {"wait", "--timeout", "soon"},
                                                    {"wait", "--timeout", "25h"},
                                                    {"wait", "--revision", "topic"},
                                                    {"wait", "--revision", "4f1"},
                                                    {"suspend", "dev/api@dev-1"},
                                                    {"rollback", "dev/api@dev-1"},
                                                    {"history", "dev@dev-1"},
                                                    {"sync", "dev/@dev-1"},
                                                    {"logs", "dev/web/web@"},
                                                    {"status", "dev@dev-1"},
                                                    {"status", "dev/api@"},
                                                    {"help", "nope"},
                                                    {"history"},
                                                    {"history", "dev"},
                                                    {"suspend"},
                                                    {"logs", "dev"},
                                                    {"logs", "dev/web/web/1"},
                                                    {"logs", "dev//web"},
                                                    {"resume"},
                                                    {"rollback", "dev"},
                                                    {"rollback", "dev/api", "-3"},
                                                    {"rollback", "dev/api", "twelve"},
                                                    {"history", "dev/api", "--limit", "0"},
                                                    {"validate"},
                                                    {"render", "dir"},
                                                    {"compose-config"},
                                                    {"run"},
                                                    {"run", "--config", "c", "--log-level", "loud"}};
  for (const auto& arguments : lines) {
    std::string shown;
    for (const auto& one : arguments) shown += one + " ";
    const ParsedCommandLine line = parse_command_line(arguments);
    INFO(shown << "→ " << line.text);
    CHECK_FALSE(line.command);
    CHECK(line.exit_status == 2);
    CHECK(line.text.starts_with("plimsoll: "));
    CHECK(line.text.find("--help`\n") == line.text.size() - 8);
    CHECK(std::count(line.text.begin(), line.text.end(), '\n') == 1);
  }
}

TEST_CASE("what is no id of a deployment is named, with where the ids are") {
  for (const std::string id : {"abc", "0", "-1", "99999999999999999999", "7x"}) {
    const ParsedCommandLine line = parse_command_line({"rollback", "dev/backend", id});
    CHECK(line.exit_status == 2);
    CHECK(line.text == "plimsoll: '" + id +
                           "' is not an id; `plimsoll history dev/backend` lists them; see `plimsoll " +
                           "rollback --help`\n");
  }
}

TEST_CASE("an unknown option is named before what looks wrong because of it") {
  CHECK(parse_command_line({"diff", "--manifest", "/srv/manifests"}).text ==
        "plimsoll: there is no option '--manifest'; did you mean \"--manifests\"? See `plimsoll diff --help`\n");
  CHECK(parse_command_line({"--sockt", "/s", "status"}).text ==
        "plimsoll: there is no option '--sockt'; did you mean \"--socket\"? See `plimsoll status --help`\n");
  CHECK(parse_command_line({"sync", "--alow-removal=yes"}).text ==
        "plimsoll: there is no option '--alow-removal'; did you mean \"--allow-removal\"? " +
            std::string("See `plimsoll sync --help`\n"));
  CHECK(parse_command_line({"logs", "-f", "dev/web"}).text ==
        "plimsoll: there is no option '-f'; see `plimsoll logs --help`\n");
}

TEST_CASE("what is missing is called as in the help") {
  CHECK(parse_command_line({"suspend"}).text == "plimsoll: ENV[/APP] is required; see `plimsoll suspend --help`\n");
  CHECK(parse_command_line({"rollback"}).text == "plimsoll: ENV/APP is required; see `plimsoll rollback --help`\n");
  CHECK(parse_command_line({"validate"}).text == "plimsoll: DIR is required; see `plimsoll validate --help`\n");
}

TEST_CASE("an unknown command is named") {
  CHECK(parse_command_line({"stauts"}).text ==
        "plimsoll: there is no command 'stauts'; did you mean \"status\"? See `plimsoll --help`\n");
  CHECK(parse_command_line({"deploy"}).text == "plimsoll: there is no command 'deploy'; see `plimsoll --help`\n");
  CHECK(parse_command_line({}).text == "plimsoll: which command? See `plimsoll --help`\n");
  CHECK(parse_command_line({"help", "stauts"}).text == parse_command_line({"stauts"}).text);
}

TEST_CASE("help is grouped, names every command and its exit statuses; the version is one line") {
  const ParsedCommandLine help = parse_command_line({"--help"});
  CHECK(help.exit_status == 0);
  for (const char* text : {"Commands that ask a running controller", "Commands that work on files", "The controller",
                           "status", "diff", "sync", "wait", "history", "suspend", "resume", "rollback", "events",
                           "logs", "validate", "render", "compose-config", "run"}) {
    INFO(text);
    CHECK(help.text.find(text) != std::string::npos);
  }
  CHECK(help.text.find("git-fetch") == std::string::npos);
  for (const char* name : {"status", "diff", "sync", "wait", "history", "suspend", "resume", "rollback", "events",
                           "logs", "validate", "render", "compose-config", "run"}) {
    const ParsedCommandLine one = parse_command_line({name, "--help"});
    INFO(one.text);
    CHECK(one.exit_status == 0);
    CHECK(one.text.find(name) != std::string::npos);
    CHECK(one.text.find("Usage: plimsoll " + std::string(name)) != std::string::npos);
  }
  CHECK(parse_command_line({"diff", "--help"}).text.find("1 differences") != std::string::npos);
  const ParsedCommandLine version = parse_command_line({"--version"});
  CHECK(version.exit_status == 0);
  CHECK(version.text.starts_with("plimsoll "));
  CHECK(parse_command_line({"version"}).text == version.text);
  CHECK(parse_command_line({"-v"}).text == version.text);
  CHECK(parse_command_line({"help"}).text == help.text);
  CHECK(parse_command_line({"help", "diff"}).text == parse_command_line({"diff", "--help"}).text);
}
