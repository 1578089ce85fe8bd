// The command line against what is not, or not any more, a controller that answers.
#include <catch2/catch.hpp>
#include <chrono>

#include "controller/cli_world.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

/// Answers everything, by what a test wants.
struct Stranger final : HttpHandler {
  std::optional<Response> screen(const Request&) override { return std::nullopt; }
  void handle(Request request, Respond respond) override {
    if (auto response = answer(request)) respond(std::move(*response));
  }
  std::function<std::optional<Response>(const Request&)> answer;
};

World::Outcome asked(
    const RunningServer& server, const std::vector<std::string>& arguments,
    std::function<bool()> pause = [] { return false; }) {
  std::ostringstream out;
  std::ostringstream err;
  CliContext context{.out = out, .err = err};
  context.default_socket = server.socket_path();
  context.pause = [&pause](std::chrono::milliseconds) { return pause(); };
  const int status = run_command_line(arguments, context);
  return {status, out.str(), err.str()};
}

}  // namespace

TEST_CASE("the password in the address of a controller is not shown") {
  std::ostringstream out;
  std::ostringstream err;
  CliContext context{.out = out, .err = err};
  CHECK(run_command_line({"status", "--server", "http://deploy:canary@127.0.0.1:1/x"}, context) == 20);
  context.default_server = "deploy:canary@127.0.0.1:1";
  CHECK(run_command_line({"diff"}, context) == 2);
  INFO(err.str());
  CHECK(err.str().find("canary") == std::string::npos);
  CHECK(err.str().find("http://***@127.0.0.1:1") != std::string::npos);
}

TEST_CASE("JSON of somebody else is no answer of a controller") {
  Stranger stranger;
  RunningServer server(stranger);
  for (const char* const body : {"{}", "[]", "null", R"({"items":[]})"}) {
    stranger.answer = [body](const Request&) { return Response{.body = body}; };
    for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{{"status"},
                                                                                         {"diff"},
                                                                                         {"sync"},
                                                                                         {"wait", "a/b"},
                                                                                         {"history", "a/b"},
                                                                                         {"suspend", "a"},
                                                                                         {"resume", "a"},
                                                                                         {"rollback", "a/b"},
                                                                                         {"events"},
                                                                                         {"logs", "a/b"}}) {
      const auto outcome = asked(server, command);
      INFO(command[0] << " " << body << ": " << outcome.err);
      CHECK(outcome.status == (command[0] == "diff" ? 2 : 20));
      CHECK(outcome.err.find("is it a Plimsoll controller") != std::string::npos);
    }
  }
}

TEST_CASE("--timeout holds also for a controller that takes connections and does not answer") {
  Stranger stranger;
  stranger.answer = [](const Request& request) -> std::optional<Response> {
    if (request.method == "POST") return Response{.status = 202, .body = R"({"id":"op-1"})"};
    return std::nullopt;
  };
  RunningServer server(stranger);
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"wait", "--timeout", "1s"}, {"sync", "--wait", "--timeout", "1s"}}) {
    const auto begin = std::chrono::steady_clock::now();
    const auto outcome = asked(server, command);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(15));
    CHECK(outcome.status == 20);
    CHECK(outcome.err.find("takes connections and does not answer; look at its log") != std::string::npos);
  }
}

TEST_CASE("events --watch goes on over a restart of the controller, also before the first event") {
  Stranger stranger;
  int asks = 0;
  stranger.answer = [&asks](const Request& request) -> std::optional<Response> {
    if (request.path == "/api/v1/status") return Response{.body = R"({"revision":"main@sha1:0","targets":[]})"};
    switch (++asks) {
      case 1: return Response{.body = R"({"events":[]})"};
      case 2: return error_response(503, "shutting down", "transient");
      default: return Response{.body = R"({"events":[{"message":"first"}]})"};
    }
  };
  RunningServer server(stranger);
  int pauses = 0;
  const auto outcome = asked(server, {"events", "--watch"}, [&pauses] { return ++pauses < 4; });
  CHECK(outcome.status == 0);
  CHECK(outcome.out.find("first") != std::string::npos);
}

TEST_CASE("a watch ends when nobody can read what it prints") {
  World world;
  world.control.view = example_status();
  Event event;
  event.message = "first";
  world.control.happened = {event};
  for (const char* const command : {"status", "events"}) {
    std::ostream nowhere(nullptr);
    std::ostringstream err;
    CliContext context{.out = nowhere, .err = err};
    context.default_socket = world.server.socket_path();
    int pauses = 0;
    context.pause = [&pauses](std::chrono::milliseconds) { return ++pauses < 5; };
    CHECK(run_command_line({command, "--watch"}, context) == 20);
    CHECK(pauses == 0);
    CHECK(err.str().find("cannot write to standard output") != std::string::npos);
  }
}
