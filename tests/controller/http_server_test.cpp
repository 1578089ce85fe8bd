#include "controller/http/http_server.hpp"

#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>

#include "controller/echo_handler.hpp"
#include "controller/raw_client.hpp"
#include "controller/running_server.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

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

TEST_CASE("stop ends idle and stalled connections at once and everything after the drain") {
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
  // The drain is half a second; a request that hangs may take many.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
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
