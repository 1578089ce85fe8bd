#include "controller/http/http_server.hpp"

#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>

#include "controller/raw_client.hpp"
#include "controller/running_server.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

constexpr std::size_t kLimit = 3U << 20U;

/// Answers with the size of the body; `/hold` keeps its answer back until `release`.
class EchoHandler final : public HttpHandler {
 public:
  std::optional<Response> screen(const Request& head) override {
    ++screened;
    if (head.path == "/refused") return error_response(401, "no", "unauthorized");
    return std::nullopt;
  }
  void handle(Request request, Respond respond) override {
    ++handled;
    if (request.path == "/hold") {
      held = std::move(respond);
      return;
    }
    std::string text = request.path + " " + std::to_string(request.body.size());
    if (request.unix_socket) text += " unix";
    for (const auto& [name, value] : request.query) text += " " + name + "=" + value;
    respond({.status = 200, .content_type = "text/plain", .body = text + "\n"});
  }
  void cut_off(const Request&, int status) override { last_cut_off = status; }

  std::atomic<int> screened{0}, handled{0}, last_cut_off{0};
  Respond held;
};

std::string post(const std::string& path, std::size_t size, const std::string& body) {
  return "POST " + path +
         " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
         body;
}

std::string answer_to(const RunningServer& server, const std::string& bytes) {
  const auto client = RawClient::tcp(server.port());
  client.send(bytes);
  return client.read_to_end();
}

std::string chunked(std::size_t total) {
  std::string text = "POST /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string chunk(0x8000, 'c');
  while (total > 0) {
    const std::size_t size = std::min(total, chunk.size());
    char head[16];
    std::snprintf(head, sizeof head, "%zx\r\n", size);
    text += head + chunk.substr(0, size) + "\r\n";
    total -= size;
  }
  return text + "0\r\n\r\n";
}

}  // namespace

TEST_CASE("requests over TCP and over the unix socket reach the handler with path, query and body") {
  EchoHandler handler;
  RunningServer server(handler);
  CHECK(answer_to(server, get_text("/a%20b?x=1%2F2&y=")).ends_with("\r\n\r\n/a b 0 x=1/2 y=\n"));
  const auto local = RawClient::unix_socket(server.socket_path());
  local.send(post("/a", 3, "abc"));
  CHECK(local.read_to_end().ends_with("/a 3 unix\n"));
}

TEST_CASE("answers tell neither product nor version and may not be sniffed or stored") {
  EchoHandler handler;
  RunningServer server(handler);
  const std::string answer = answer_to(server, get_text("/"));
  CHECK(answer.find("Server:") == std::string::npos);
  CHECK(answer.find("X-Content-Type-Options: nosniff\r\n") != std::string::npos);
  CHECK(answer.find("Cache-Control: no-store\r\n") != std::string::npos);
}

TEST_CASE("HEAD answers with the length and without the body") {
  EchoHandler handler;
  RunningServer server(handler);
  const std::string answer = answer_to(server, "HEAD /abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(answer.find("Content-Length: 7\r\n") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("a body is taken up to 3 MiB and not a byte more, with and without a length") {
  EchoHandler handler;
  RunningServer server(handler);
  struct Case {
    std::string name, bytes;
    int status;
  };
  const std::vector<Case> cases{
      {"length at the limit", post("/x", kLimit, std::string(kLimit, 'b')), 200},
      {"length one over, body sent", post("/x", kLimit + 1, std::string(kLimit + 1, 'b')), 413},
      {"length one over, nothing sent", post("/x", kLimit + 1, ""), 413},
      {"absurd length", post("/x", 1ULL << 62U, ""), 413},
      {"chunks at the limit", chunked(kLimit), 200},
      {"chunks one over", chunked(kLimit + 1), 413},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    handler.handled = 0;
    const std::string answer = answer_to(server, one.bytes);
    CHECK(status_in(answer) == one.status);
    CHECK(handler.handled == (one.status == 200 ? 1 : 0));
    if (one.status == 413) CHECK(handler.last_cut_off == 413);
  }
}

TEST_CASE("what is not HTTP/1.1 gets 400 and the next connection is served") {
  EchoHandler handler;
  RunningServer server(handler);
  const std::string host = "Host: x\r\n";
  struct Case {
    std::string name, bytes;
    int status;
  };
  const std::vector<Case> cases{
      {"noise", "\x16\x03\x01\x02\x00\x01\r\n\r\n", 400},
      {"no target", "GET\r\n\r\n", 400},
      {"version", "GET / HTTP/9.9\r\n" + host + "\r\n", 400},
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two hosts", "GET / HTTP/1.1\r\n" + host + host + "\r\n", 400},
      {"bad header", "GET / HTTP/1.1\r\n" + host + "no colon\r\n\r\n", 400},
      {"bad length", "POST / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", 400},
      {"two lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      {"length and chunks",
       "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"bad chunk", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"absolute form", "GET http://evil/ HTTP/1.1\r\n" + host + "\r\n", 400},
      {"control byte in the path", "GET /%00 HTTP/1.1\r\n" + host + "\r\n", 400},
      {"header one byte over", "GET / HTTP/1.1\r\n" + host + "A: " + std::string(16U << 10U, 'a') + "\r\n\r\n", 431},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    CHECK(status_in(answer_to(server, one.bytes)) == one.status);
  }
  CHECK(handler.handled == 0);
  CHECK(status_in(answer_to(server, get_text("/"))) == 200);
}

TEST_CASE("pipelined requests are answered in order, one at a time") {
  EchoHandler handler;
  RunningServer server(handler);
  std::string requests;
  std::string expected;
  for (int number = 0; number < 200; ++number) {
    const std::string path = "/" + std::to_string(number);
    requests +=
        number % 2 == 0 ? get_text(path, "") : "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nGET ";
    expected += path + (number % 2 == 0 ? " 0\n" : " 4\n");
  }
  const std::string answer = answer_to(server, requests + get_text("/last"));
  std::string bodies;
  for (auto at = answer.find("\r\n\r\n"); at != std::string::npos; at = answer.find("\r\n\r\n", at + 4)) {
    bodies += answer.substr(at + 4, answer.find('\n', at + 4) - at - 3);
  }
  CHECK(bodies == expected + "/last 0\n");
}

TEST_CASE("a request that takes longer than its time is cut off, wherever it stalls") {
  EchoHandler handler;
  RunningServer server(handler, {.request = std::chrono::milliseconds(150), .idle = std::chrono::milliseconds(150)});
  struct Case {
    std::string name, bytes;
    int status;
  };
  const std::vector<Case> cases{
      {"silent", "", 0},
      {"in the first line", "GE", 408},
      {"in the headers", "GET / HTTP/1.1\r\nHost:", 408},
      {"in the body", post("/x", 100, "some"), 408},
      {"in a chunk", "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nabc", 408},
      {"between requests", get_text("/", ""), 200},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    CHECK(status_in(answer_to(server, one.bytes)) == one.status);
  }
  CHECK(handler.last_cut_off == 408);
}

TEST_CASE("a body that drips is cut off by the time of the whole request") {
  EchoHandler handler;
  RunningServer server(handler, {.request = std::chrono::milliseconds(200)});
  const auto client = RawClient::tcp(server.port());
  client.send(post("/x", 1000, ""));
  std::atomic<bool> cut_off = false;
  std::thread drip([&client, &cut_off] {
    while (!cut_off && client.send("x")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  });
  const std::string answer = client.read_to_end();
  cut_off = true;
  drip.join();
  CHECK(status_in(answer) == 408);
  CHECK(handler.handled == 0);
}

TEST_CASE("a refusal on the head is sent without the body being read, and the peer gets to see it") {
  EchoHandler handler;
  RunningServer server(handler);
  CHECK(status_in(answer_to(server, post("/refused", kLimit, std::string(kLimit, 'b')))) == 401);
  CHECK(status_in(answer_to(server, post("/refused", 1ULL << 40U, ""))) == 401);
  CHECK(handler.handled == 0);
}

TEST_CASE("a client that expects 100-continue gets it only when the body is wanted") {
  EchoHandler handler;
  RunningServer server(handler);
  const std::string expect =
      " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
  const auto wanted = RawClient::tcp(server.port());
  wanted.send("POST /x" + expect);
  CHECK(wanted.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  wanted.send("abc");
  CHECK(wanted.read_to_end().ends_with("/x 3\n"));
  CHECK(status_in(answer_to(server, "POST /refused" + expect)) == 401);
}

TEST_CASE("the limit on bodies read at one time holds for TCP and spares the unix socket") {
  EchoHandler handler;
  RunningServer server(handler, {.tcp_bodies = 1});
  const auto slow = RawClient::tcp(server.port());
  slow.send("POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  REQUIRE(slow.read_until("\r\n\r\n").starts_with("HTTP/1.1 100"));
  CHECK(status_in(answer_to(server, post("/x", 3, "abc"))) == 503);
  const auto local = RawClient::unix_socket(server.socket_path());
  local.send(post("/x", 3, "abc"));
  CHECK(status_in(local.read_to_end()) == 200);
  slow.send("abc");
  CHECK(status_in(slow.read_until("/x 3\n")) == 200);
  CHECK(status_in(answer_to(server, post("/x", 3, "abc"))) == 200);
}

TEST_CASE("200 connections: 100 stay, idle ones give way, and a new request is served") {
  EchoHandler handler;
  RunningServer server(handler);
  std::vector<RawClient> clients;
  clients.reserve(200);
  for (int count = 0; count < 200; ++count) clients.push_back(RawClient::tcp(server.port()));
  CHECK(status_in(answer_to(server, get_text("/"))) == 200);
  CHECK(server.on_loop([&server] { return server.server().connections(); }) <= 100);
}

TEST_CASE("when no connection is idle a further one gets 503 and those under way go on") {
  EchoHandler handler;
  RunningServer server(handler, {.connections = 1});
  const auto busy = RawClient::tcp(server.port());
  busy.send(get_text("/hold"));
  while (handler.handled == 0) std::this_thread::yield();
  CHECK(status_in(answer_to(server, "")) == 503);
  server.on_loop([&handler] { handler.held({.status = 200, .body = "kept"}); });
  CHECK(busy.read_to_end().ends_with("kept"));
}

TEST_CASE("a handler that never answers costs 504, and its late answer is dropped") {
  EchoHandler handler;
  RunningServer server(handler, {.answer = std::chrono::milliseconds(100)});
  CHECK(status_in(answer_to(server, get_text("/hold"))) == 504);
  server.on_loop([&handler] { handler.held({}); });
  CHECK(status_in(answer_to(server, get_text("/"))) == 200);
}

TEST_CASE("stop ends idle and stalled connections at once and everything within a second") {
  EchoHandler handler;
  auto server = std::make_unique<RunningServer>(handler);
  const std::string socket = server->socket_path();
  const auto idle = RawClient::tcp(server->port());
  const auto stalled = RawClient::tcp(server->port());
  const auto waiting = RawClient::tcp(server->port());
  stalled.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
  waiting.send(get_text("/hold"));
  while (handler.screened < 2 || handler.handled < 1) std::this_thread::yield();
  const auto begin = std::chrono::steady_clock::now();
  server->on_loop([&server] { server->server().stop(); });
  CHECK(idle.read_to_end().empty());
  CHECK(stalled.read_to_end().empty());
  CHECK_FALSE(std::filesystem::exists(socket));
  server.reset();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(1));
  CHECK(waiting.read_to_end().empty());
}

TEST_CASE("the unix socket has mode 0660, replaces a stale file, and refuses a live one or another kind of file") {
  EchoHandler handler;
  boost::asio::io_context io;
  ScratchDirectory directory;
  const std::string path = directory.path("made/by/us.sock");
  const HttpServerOptions options{"", path, {}};
  auto first = HttpServer::start(io, options, handler);
  REQUIRE(first.ok());
  struct stat found {};
  REQUIRE(::lstat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 07777U) == 0660);
  const auto second = HttpServer::start(io, options, handler);
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().kind == ErrorKind::conflict);
  CHECK(second.error().message.find(path) != std::string::npos);

  // What a killed process leaves: the file without a listener.
  std::filesystem::rename(path, path + ".stale");
  (*first).reset();
  std::filesystem::rename(path + ".stale", path);
  CHECK(HttpServer::start(io, options, handler).ok());

  std::ofstream(directory.path("file")) << "precious";
  CHECK_FALSE(HttpServer::start(io, {"", directory.path("file"), {}}, handler).ok());
  CHECK(std::filesystem::file_size(directory.path("file")) == 8);
}

TEST_CASE("a taken port is an error that names it") {
  EchoHandler handler;
  RunningServer server(handler);
  boost::asio::io_context io;
  const auto second = HttpServer::start(io, {"127.0.0.1:" + std::to_string(server.port()), "", {}}, handler);
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().kind == ErrorKind::conflict);
  CHECK(second.error().message.find(std::to_string(server.port())) != std::string::npos);
}
