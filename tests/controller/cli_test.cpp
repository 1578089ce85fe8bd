#include "controller/cli_world.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

bool one_line(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n') == 1 && text.ends_with('\n');
}

void write(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("status prints data on stdout in every format, hints on stderr") {
  World world;
  world.control.view = example_status();
  world.control.view.source_error = "no route to host";
  const auto table = world.run({"status"});
  CHECK(table.status == 0);
  CHECK(table.out.starts_with("NAME           INSTANCE"));
  CHECK(table.err == "plimsoll: warning: the source cannot be read: no route to host\n");
  CHECK(world.run({"status", "--no-header", "dev/backend", "-o", "wide"}).out.starts_with("dev/backend "));
  CHECK(world.run({"status", "-o", "name"}).out == "dev/backend@dev-1\ndev/frontend@dev-1\n");
  CHECK(boost::json::parse(world.run({"status", "-o", "json"}).out).at("targets").as_array().size() == 2);
  CHECK(world.run({"status", "-o", "yaml"}).out.find("  - environment: dev\n") != std::string::npos);
  CHECK(world.run({"status", "dev/backend"}).out.starts_with("Target:         dev/backend@dev-1\n"));
  CHECK(world.run({"status", "dev", "--server", world.server.url()}).status == 0);
}

TEST_CASE("a target that does not exist is an error that says how to find those that do") {
  World world;
  world.control.view = example_status();
  const auto outcome = world.run({"status", "prod"});
  CHECK(outcome.status == 20);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "plimsoll: no app matches prod; `plimsoll status` lists them\n");
  CHECK(world.run({"status", "dve"}).err == "plimsoll: no app matches dve; did you mean \"dev\"?\n");
  CHECK(world.run({"events", "dev/backen"}).err ==
        "plimsoll: no app matches dev/backen; did you mean \"dev/backend\"?\n");
  CHECK(world.run({"events", "dve"}).status == 20);
  CHECK(world.run({"status", "backend"}).err == "plimsoll: no app matches backend; did you mean \"dev/backend\"?\n");
  CHECK(world.run({"sync", "nowhere"}).err == "plimsoll: no app matches nowhere; `plimsoll status` lists them\n");
  CHECK(world.run({"suspend", "nowhere"}).err == "plimsoll: no app matches nowhere; `plimsoll status` lists them\n");
}

TEST_CASE("before the source has been read no name is called unknown") {
  World world;
  CHECK(world.run({"status", "dev"}).err == "plimsoll: nothing is known of dev: the source has not been read yet\n");
  world.control.view.source_error = "cannot reach https://git.test: no route";
  const auto outcome = world.run({"suspend", "nowhere"});
  CHECK(outcome.status == 20);
  CHECK(outcome.err ==
        "plimsoll: nothing is known of nowhere: the source cannot be read: cannot reach https://git.test: no route\n");
}

TEST_CASE("status of one instance shows what is there, and says when nothing is") {
  World world;
  world.control.view = example_status();
  world.control.view.targets.push_back(world.control.view.targets[0]);
  world.control.view.targets.back().id.instance = "dev-2";
  CHECK(world.run({"status", "dev/backend@dev-2", "-o", "name"}).out == "dev/backend@dev-2\n");
  CHECK(world.run({"wait", "dev/backend@dev-2"}).status == 0);
  CHECK(world.run({"sync", "dev/backend@dev-2"}).status == 0);
  CHECK(world.control.syncs.back().filter.instance == "dev-2");
  CHECK(world.run({"diff", "dev/backend@dev-2"}).status == 0);
  CHECK(world.control.diffs.back().filter.instance == "dev-2");
  CHECK(world.run({"logs", "dev/backend@dev-2"}).status == 0);
  CHECK(world.control.logs_asked.back().filter.instance == "dev-2");
  const auto nowhere = world.run({"status", "dev/backend@dev-3"});
  CHECK(nowhere.status == 20);
  CHECK(nowhere.err == "plimsoll: dev/backend is not on an instance dev-3; `plimsoll status` lists where it is\n");
}

TEST_CASE("what only the socket serves is refused over TCP with the way to it") {
  World world;
  world.control.view = example_status();
  for (const auto& [command, path] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"sync", "dev"}, "POST /api/v1/sync"},
           {{"rollback", "dev/backend"}, "POST /api/v1/rollback"},
           {{"logs", "dev/backend"}, "GET /api/v1/logs"}}) {
    auto arguments = command;
    arguments.insert(arguments.end(), {"--server", world.server.url()});
    const auto refused = world.run(arguments);
    CHECK(refused.status == 20);
    CHECK(refused.err == "plimsoll: " + path + " is only served on the unix socket; use --socket PATH\n");
  }
}

TEST_CASE("watch prints again only what changed") {
  World world;
  world.control.view = example_status();
  int pauses = 0;
  world.pause = [&] {
    ++pauses;
    if (pauses == 2) world.server.on_loop([&world] { world.control.view.targets.pop_back(); });
    return pauses < 4;
  };
  const auto outcome = world.run({"status", "--watch", "-o", "name"});
  CHECK(outcome.out == "dev/backend@dev-1\ndev/frontend@dev-1\ndev/backend@dev-1\n");
}

TEST_CASE("without a controller every command that asks one ends with 20, diff with 2, and names socket, cause, mend") {
  ScratchDirectory directory;
  const std::string socket = directory.path("none.sock");
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{{"status"},
                                                                                       {"status", "--watch"},
                                                                                       {"diff"},
                                                                                       {"sync"},
                                                                                       {"wait", "a/b"},
                                                                                       {"history", "a/b"},
                                                                                       {"suspend", "a"},
                                                                                       {"resume", "a"},
                                                                                       {"rollback", "a/b"},
                                                                                       {"events"},
                                                                                       {"events", "--watch"},
                                                                                       {"logs", "a/b"}}) {
    std::ostringstream out;
    std::ostringstream err;
    CliContext context{.out = out, .err = err};
    context.default_socket = socket;
    context.pause = [](std::chrono::milliseconds) { return false; };
    CHECK(run_command_line(command, context) == (command[0] == "diff" ? 2 : 20));
    INFO(err.str());
    CHECK(out.str().empty());
    CHECK(one_line(err.str()));
    CHECK(err.str().find("unix://" + socket + ": No such file or directory; start it with `plimsoll run`") !=
          std::string::npos);
  }
}

TEST_CASE("what stands where the controller is looked for is told apart from a controller that is down") {
  ScratchDirectory directory;
  write(directory.path("file"), "");
  const auto said = [](const std::vector<std::string>& arguments) {
    std::ostringstream out;
    std::ostringstream err;
    CHECK(run_command_line(arguments, CliContext{.out = out, .err = err}) == 20);
    return err.str();
  };
  const std::string no_socket = ": it is no socket; name the controller's with --socket\n";
  CHECK(said({"status", "--socket", directory.path("file")}).ends_with("/file" + no_socket));
  CHECK(said({"status", "--socket", directory.path()}).ends_with(no_socket));
  CHECK(said({"status", "--server", directory.path("file")}).ends_with("/file" + no_socket));
  World world;
  CHECK(said({"status", "--server", "https" + world.server.url().substr(4)})
            .ends_with("; a controller itself speaks http://, not https://\n"));
}

TEST_CASE("something else that answers is named as such") {
  class Other final : public HttpHandler {
   public:
    std::optional<Response> screen(const Request&) override { return std::nullopt; }
    void handle(Request, Respond respond) override {
      respond({.status = status, .content_type = "text/html", .body = "<p>"});
    }
    int status = 200;
  } other;
  RunningServer server(other);
  for (const int status : {200, 502}) {
    other.status = status;
    std::ostringstream out;
    std::ostringstream err;
    const CliContext context{.out = out, .err = err};
    CHECK(run_command_line({"status", "--server", server.url()}, context) == 20);
    CHECK(err.str().find("is it a Plimsoll controller") != std::string::npos);
  }
}

TEST_CASE("diff exits 0 without differences, 1 with some, 2 when something could not be compared") {
  World world;
  world.control.diff_answer = DiffView{"main@sha1:1", {}, {}};
  const auto none = world.run({"diff"});
  CHECK(none.status == 0);
  CHECK(none.out.empty());
  CHECK(none.err == "no differences\n");

  world.control.view.source_error = "no route to host";
  CHECK(world.run({"diff"}).err == "plimsoll: warning: the source cannot be read: no route to host\nno differences\n");
  CHECK(world.run({"diff", "--revision", "topic"}).err == "no differences\n");
  world.control.view.source_error.clear();

  const TargetDiff some{{"dev", "api", "dev-1"},
                        {{"web", {"image", "a:1", "a:2"}}},
                        {"web: EnsureImage a:2 (image changed)"},
                        {"web: StartContainer dev-api-web-1.next (start-first)"},
                        ""};
  world.control.diff_answer = DiffView{"main@sha1:1", {some}, {}};
  const auto differs = world.run({"diff", "dev/api", "--revision", "topic"});
  CHECK(differs.status == 1);
  CHECK(differs.out ==
        "=== dev/api@dev-1\n"
        "  web: image: a:1 → a:2\n"
        "  steps:\n"
        "    1. web: EnsureImage a:2 (image changed)\n"
        "  then, once all of the app is prepared:\n"
        "    2. web: StartContainer dev-api-web-1.next (start-first)\n");
  CHECK(world.control.diffs.back().revision == "topic");
  CHECK(world.run({"diff", "-o", "name"}).out == "dev/api@dev-1\n");

  world.control.diff_answer = DiffView{"", {{{"dev", "api", "i"}, {}, {}, {}, "engine unreachable"}}, {}};
  CHECK(world.run({"diff"}).status == 2);
  world.control.diff_answer = DiffView{"", {}, {{Severity::error, {"a.yaml", 1, 2}, "", "broken", ""}}};
  const auto broken = world.run({"diff"});
  CHECK(broken.status == 2);
  CHECK(broken.err == "a.yaml:1:2: error: broken\n");
  world.control.diff_answer = Error{ErrorKind::missing, "no revision nope"};
  const auto unknown = world.run({"diff", "--revision", "nope"});
  CHECK(unknown.status == 2);
  CHECK(unknown.err == "plimsoll: no revision nope\n");
}

TEST_CASE("diff --manifests sends the directory's bytes, without .git, and refuses links") {
  World world;
  ScratchDirectory directory;
  write(directory.path("m/apps/a/compose.yaml"), "a: 1\n");
  const auto above = world.run({"diff", "--manifests", directory.path("m")});
  CHECK(above.status == 2);
  CHECK(above.err.find("m/instances.yaml: error: the file is missing; add it") != std::string::npos);
  write(directory.path("m/instances.yaml"), "i: 1\n");
  write(directory.path("m/logo.png"), std::string("\x89PNG\0\xff", 6));
  write(directory.path("m/.git/config"), "secret");
  CHECK(world.run({"diff", "--manifests", directory.path("m")}).status == 0);
  REQUIRE(world.control.diffs.size() == 1);
  CHECK(world.control.diffs[0].manifests ==
        std::map<std::string, std::string>{{"apps/a/compose.yaml", "a: 1\n"},
                                           {"instances.yaml", "i: 1\n"},
                                           {"logo.png", std::string("\x89PNG\0\xff", 6)}});
  std::filesystem::create_symlink("/etc/passwd", directory.path("m/link"));
  const auto refused = world.run({"diff", "--manifests", directory.path("m")});
  CHECK(refused.status == 2);
  CHECK(refused.err.find("link: symbolic links are refused") != std::string::npos);
  CHECK(world.run({"diff", "--manifests", directory.path("nowhere")}).status == 2);
  CHECK(world.control.diffs.size() == 1);
}

TEST_CASE("sync without a terminal returns the operation at once; --wait follows it and exits by its phase") {
  World world;
  const auto enqueued = world.run({"sync", "dev/api", "--retry"});
  CHECK(enqueued.status == 0);
  CHECK(enqueued.out == "op-1\n");
  REQUIRE(world.control.syncs.size() == 1);
  CHECK(world.control.syncs[0].filter.app == "api");
  CHECK(world.control.syncs[0].retry);

  for (const auto& [phase, status] :
       std::vector<std::pair<OperationPhase, int>>{{OperationPhase::succeeded, 0}, {OperationPhase::failed, 1}}) {
    World follows;
    TargetProgress progress;
    progress.target = {"dev", "api", "dev-1"};
    progress.status = example_status().targets[0];
    progress.pulling = "a:2";
    progress.pulled_bytes = 1024;
    progress.pull_total_bytes = 2048;
    follows.control.operations = {{"op-1", OperationPhase::running, {progress}}};
    progress.pulled_bytes = 2000;
    follows.control.operations.push_back({"op-1", OperationPhase::running, {progress}});
    progress.pulling.clear();
    progress.step = "web: StartContainer";
    follows.control.operations.push_back({"op-1", OperationPhase::running, {progress}});
    progress.step.clear();
    follows.control.operations.push_back({"op-1", phase, {progress}});
    const auto outcome = follows.run({"sync", "--wait"});
    CHECK(outcome.status == status);
    CHECK(outcome.out.starts_with("NAME      INSTANCE   SYNC"));
    CHECK(outcome.err ==
          "dev/api@dev-1  Synced  Healthy  pulling a:2\n"
          "dev/api@dev-1  Synced  Healthy  web: StartContainer\n"
          "dev/api@dev-1  Synced  Healthy\n"
          "operation op-1: " +
              std::string(to_string(phase)) + "\n");
    const auto drawn = follows.run({"sync"}, true);
    CHECK(drawn.status == status);
  }
}

TEST_CASE("on a terminal progress is redrawn in place, with bytes, and no line is longer than the terminal") {
  World world;
  TargetProgress progress;
  progress.target = {"dev", "api", "dev-1"};
  progress.pulling = std::string(200, 'x');
  progress.pull_total_bytes = 4096;
  world.control.operations = {{"op-1", OperationPhase::running, {progress}}};
  progress.pulling = "a:2";
  progress.pulled_bytes = 1024;
  world.control.operations.push_back({"op-1", OperationPhase::succeeded, {progress}});
  const auto outcome = world.run({"sync"}, true);
  CHECK(outcome.err.find("\x1b[1A\r\x1b[2Kdev/api@dev-1  Unknown  Unknown  pulling a:2 1.0 KiB of 4.0 KiB\n") !=
        std::string::npos);
  const auto first = outcome.err.substr(0, outcome.err.find('\n'));
  CHECK(first.find("…") != std::string::npos);
}

TEST_CASE("an operation that is refused, lost or endless ends with 20") {
  World world;
  CHECK(world.run({"sync", "--wait"}).status == 20);  // the controller restarted and knows no op-1
  world.control.operations = {{"op-1", OperationPhase::running, {}}};
  world.pause = [] { return false; };
  const auto endless = world.run({"sync", "--wait"});
  CHECK(endless.status == 20);
  CHECK(endless.err.find("still runs") != std::string::npos);
}

TEST_CASE("a sync that ended without having looked is an error, not a bad state") {
  World world;
  world.control.view = example_status();
  world.control.operations = {{"op-1", OperationPhase::error, {}, "no app matches dve; `plimsoll status` lists them"}};
  const auto outcome = world.run({"sync", "dve", "--wait"});
  CHECK(outcome.status == 20);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "plimsoll: no app matches dve; did you mean \"dev\"?\n");
}

TEST_CASE("history as table, wide, names and JSON") {
  World world;
  ports::HistoryEntry entry;
  entry.id = 12;
  entry.target = {"dev", "api", "dev-1"};
  entry.revision = "main@sha1:4f1c2d3e5a6b7c8d9e0f11223344556677889900";
  entry.author = "Ada";
  entry.subject = "api 1.4.2";
  entry.images = "api: 1.4.1 → 1.4.2";
  entry.phase = OperationPhase::succeeded;
  entry.started_at = Instant(std::chrono::seconds(1'700'000'000));
  entry.finished_at = entry.started_at + std::chrono::seconds(75);
  world.control.entries = {entry};
  CHECK(world.run({"history", "dev/api"}).out ==
        "ID   INSTANCE   REVISION   IMAGES               PHASE       STARTED                DURATION   MESSAGE\n"
        "12   dev-1      4f1c2d3e   api: 1.4.1 → 1.4.2   Succeeded   2023-11-14T22:13:20Z   1m15s\n");
  CHECK(world.run({"history", "dev/api", "-o", "wide"}).out.find("Ada      api 1.4.2") != std::string::npos);
  CHECK(world.run({"history", "dev/api", "-o", "name"}).out == "12\n");
  CHECK(boost::json::parse(world.run({"history", "dev/api", "-o", "json"}).out).at("entries").as_array().size() == 1);
  CHECK(world.control.history_asked.back().first == TargetId{"dev", "api", ""});
  world.control.entries.clear();
  world.control.view = example_status();
  CHECK(world.run({"history", "dev/backend"}).err == "plimsoll: no deployments of dev/backend are recorded\n");
  const auto typo = world.run({"history", "dev/backen"});
  CHECK(typo.status == 20);
  CHECK(typo.out.empty());
  CHECK(typo.err == "plimsoll: no app matches dev/backen; did you mean \"dev/backend\"?\n");
}

TEST_CASE("suspend, resume and rollback say what holds now and what ends it") {
  World world;
  CHECK(world.run({"suspend", "dev/web"}).out ==
        "dev/web is suspended: only observed until `plimsoll resume dev/web`\n");
  REQUIRE(world.control.suspended.size() == 1);
  CHECK(world.control.suspended[0].app == "web");
  const auto refused = world.run({"suspend", "nowhere"});
  CHECK(refused.status == 20);
  CHECK(one_line(refused.err));

  CHECK(world.run({"resume", "dev"}).out == "dev was neither suspended nor rolled back by command\n");
  world.control.resume_answer = {"dev", "dev/web"};
  CHECK(world.run({"resume", "dev"}).out == "resumed dev, dev/web: what the branch says holds again\n");

  const auto back = world.run({"rollback", "dev/web", "7"});
  CHECK(back.status == 0);
  CHECK(back.out.find("pinned to 4f1c2d3e (history 7)") != std::string::npos);
  REQUIRE(world.control.rollbacks.size() == 1);
  CHECK(world.control.rollbacks[0].id == 7);
  CHECK(boost::json::parse(world.run({"rollback", "dev/web", "-o", "json"}).out).at("history_id").as_int64() == 7);
  world.control.view = example_status();
  world.control.view.targets[0].id.app = "web";
  world.control.rollback_answer = Error{ErrorKind::missing, "dev/web has no earlier deployment"};
  const auto none = world.run({"rollback", "dev/web"});
  CHECK(none.status == 20);
  CHECK(none.err == "plimsoll: dev/web has no earlier deployment\n");
}

TEST_CASE("run passes its options on and returns what the controller returns") {
  std::ostringstream out;
  CliContext context{.out = out, .err = out};
  context.run_controller = [](const RunOptions& options) { return options.once && options.config_file == "c" ? 7 : 0; };
  CHECK(run_command_line({"run", "--config", "c", "--once"}, context) == 7);
}
