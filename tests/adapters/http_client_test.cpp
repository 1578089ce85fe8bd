#include "adapters/http/http_client.hpp"

#include <dlfcn.h>
#include <netdb.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <thread>

#include "adapters/http_test_server.hpp"

using namespace plimsoll;
using namespace plimsoll::adapters;
using plimsoll::test::HttpTestServer;
using namespace std::chrono_literals;

/// Stands before the one of libc: a name server that is silent for three seconds, for one name.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
  if (node != nullptr && std::strcmp(node, "silent-name-server.test") == 0) {
    std::this_thread::sleep_for(3s);
    return EAI_AGAIN;
  }
  static const auto next = reinterpret_cast<decltype(&getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return next(node, service, hints, result);
}

namespace {

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

HttpEndpoint at(const std::string& socket) {
  return {.base_url = "http://localhost",
          .unix_socket = socket,
          .description = "engine at unix://" + socket,
          .hint = "is dockerd running there?"};
}

}  // namespace

TEST_CASE("a request gets status, headers in lower case and body, whatever the status") {
  HttpTestServer server([](const std::string&) { return HttpTestServer::ok("not there", "404 Not Found"); });
  HttpClient client(at(server.path()));
  const auto reply = client.perform({.path = "/x?a=b"}, ports::within(5s));
  REQUIRE(reply.ok());
  CHECK(reply->status == 404);
  CHECK_FALSE(reply->ok());
  CHECK(reply->body == "not there");
  CHECK(reply->headers.at("x-test") == "Yes");
  CHECK_THAT(server.requests().at(0), Catch::StartsWith("GET /x?a=b HTTP/1.1\r\n"));
}

TEST_CASE("method, headers and body go out as they are, without waiting for 100 Continue") {
  HttpTestServer server([](const std::string&) { return HttpTestServer::ok(""); });
  HttpClient client(at(server.path()));
  const std::string body = std::string(2U << 20U, 'x') + std::string("\0end", 4);
  for (const std::string method : {"POST", "PUT"}) {
    const auto reply = client.perform(
        {.method = method, .path = "/a", .headers = {"X-One: 1"}, .body = body, .content_type = "application/x-tar"},
        ports::within(10s));
    REQUIRE(reply.ok());
    const std::string request = server.requests().back();
    CHECK_THAT(request, Catch::StartsWith(method + " /a HTTP/1.1\r\n") && Catch::Contains("X-One: 1\r\n") &&
                            Catch::Contains("Content-Type: application/x-tar\r\n") && !Catch::Contains("Expect"));
    CHECK(request.ends_with(body));
  }
  REQUIRE(client.perform({.method = "DELETE", .path = "/a"}, ports::within(5s)).ok());
  CHECK_THAT(server.requests().back(), Catch::StartsWith("DELETE /a"));
  REQUIRE(client.perform({.method = "POST", .path = "/a"}, ports::within(5s)).ok());
  CHECK_THAT(server.requests().back(), Catch::Contains("Content-Length: 0\r\n"));
}

TEST_CASE("connections are kept, and a connection that the server closed meanwhile is made anew") {
  bool close = false;
  HttpTestServer server([&close](const std::string&) {
    return close ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" : HttpTestServer::ok("");
  });
  HttpClient client(at(server.path()));
  for (int round = 0; round < 3; ++round) REQUIRE(client.perform({.path = "/"}, ports::within(5s)).ok());
  CHECK(server.connections() == 1);
  close = true;
  for (int round = 0; round < 3; ++round) REQUIRE(client.perform({.path = "/"}, ports::within(5s)).ok());
  CHECK(server.connections() == 3);
}

TEST_CASE("one connection is kept, whatever was asked over how many") {
  HttpTestServer server([](const std::string&) { return HttpTestServer::ok(""); });
  HttpClient client(at(server.path()));
  REQUIRE(client.perform({.path = "/"}, ports::within(5s)).ok());
  const auto before = open_descriptors();
  for (int round = 0; round < 8; ++round) {
    REQUIRE(client.perform({.method = "POST", .path = "/"}, ports::within(5s)).ok());
    REQUIRE(client.perform({.path = "/"}, ports::within(5s)).ok());
  }
  CHECK(open_descriptors() <= before + 1);
}

TEST_CASE("a name server that says nothing costs the deadline and no more") {
  HttpClient client({.base_url = "http://silent-name-server.test:2375", .description = "engine", .hint = "?"});
  const auto begin = std::chrono::steady_clock::now();
  const auto reply = client.perform({.path = "/"}, ports::within(100ms));
  CHECK(std::chrono::steady_clock::now() - begin < 2s);
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.error().kind == ErrorKind::deadline);
}

TEST_CASE("a server that says nothing costs the deadline and no more") {
  HttpTestServer server([](const std::string&) { return std::string(); });
  HttpClient client(at(server.path()));
  const auto begin = std::chrono::steady_clock::now();
  const auto reply = client.perform({.path = "/"}, ports::within(100ms));
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.error().kind == ErrorKind::deadline);
}

TEST_CASE("a reply that falls silent is given up long before the deadline, if asked for") {
  HttpTestServer server([](const std::string& request) {
    if (request.starts_with("GET /whole")) return HttpTestServer::ok("all");
    return std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst words");
  });
  HttpClient client(at(server.path()));
  std::string heard;
  HttpRequest request{.path = "/"};
  request.on_body = [&heard](std::string_view piece) { return heard.append(piece), true; };
  request.silence_limit = 100ms;
  const auto reply = client.perform(request, ports::within(60s));
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.error().kind == ErrorKind::deadline);
  CHECK_THAT(reply.error().message, Catch::Contains("no progress for 100ms"));
  CHECK(heard == "first words");
  request.path = "/whole";
  CHECK(client.perform(request, ports::within(60s)).ok());
}

TEST_CASE("a stop token ends a waiting call at once") {
  HttpTestServer server([](const std::string&) { return std::string(); });
  HttpClient client(at(server.path()));
  std::stop_source source;
  const ports::Call call{std::chrono::steady_clock::now() + 60s, source.get_token()};
  std::jthread stopper([&] {
    while (server.requests().empty()) std::this_thread::yield();
    source.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto reply = client.perform({.path = "/"}, call);
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.error().kind == ErrorKind::cancelled);
  CHECK(client.perform({.path = "/"}, call).error().kind == ErrorKind::cancelled);
}

TEST_CASE("an absent server is transient, and the message says where, why and what to look at") {
  HttpClient client(at("/nowhere/docker.sock"));
  const auto reply = client.perform({.path = "/"}, ports::within(5s));
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.error().kind == ErrorKind::transient);
  CHECK(reply.error().message ==
        "cannot reach engine at unix:///nowhere/docker.sock: no such file or directory; is dockerd running there?");
}

TEST_CASE("a reply that breaks off is transient, also after its status") {
  HttpTestServer server([](const std::string&) {
    return std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nonly this");
  });
  HttpClient client(at(server.path()));
  const auto reply = client.perform({.path = "/"}, ports::within(5s));
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.error().kind == ErrorKind::transient);
  CHECK_THAT(reply.error().message, Catch::Contains("broke the connection off"));
}

TEST_CASE("a body over its limit is refused") {
  HttpTestServer server([](const std::string&) { return HttpTestServer::ok(std::string(1001, 'x')); });
  HttpClient client(at(server.path()));
  const auto reply = client.perform({.path = "/", .body_limit = 1000}, ports::within(5s));
  REQUIRE_FALSE(reply.ok());
  CHECK(reply.error().kind == ErrorKind::rejected);
  REQUIRE(client.perform({.path = "/", .body_limit = 1001}, ports::within(5s)).ok());
}

TEST_CASE("a reader gets the body of a good reply only, and can end it") {
  std::string status = "200 OK";
  HttpTestServer server([&status](const std::string&) { return HttpTestServer::ok("line", status); });
  HttpClient client(at(server.path()));
  std::string read;
  HttpRequest request{.path = "/"};
  request.on_body = [&read](std::string_view piece) { return read.append(piece).size() < 8; };
  auto reply = client.perform(request, ports::within(5s));
  REQUIRE(reply.ok());
  CHECK(read == "line");
  CHECK(reply->body.empty());
  CHECK(client.perform(request, ports::within(5s))->status == 200);  // the reader ended this one
  status = "500 Oh";
  reply = client.perform(request, ports::within(5s));
  REQUIRE(reply.ok());
  CHECK(reply->body == "line");
  CHECK(read == "lineline");
}

TEST_CASE("threads share a client without sharing connections") {
  HttpTestServer server([](const std::string& request) { return HttpTestServer::ok(request.substr(4, 2)); });
  HttpClient client(at(server.path()));
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (char name = 'a'; name < 'e'; ++name)
    threads.emplace_back([&client, &wrong, name] {
      const std::string path{'/', name};
      for (int round = 0; round < 50; ++round) {
        const auto reply = client.perform({.path = path}, ports::within(20s));
        if (!reply || reply->body != path) ++wrong;
      }
    });
  threads.clear();
  CHECK(wrong == 0);
  CHECK(server.connections() <= 4);
}

TEST_CASE("text is percent-encoded for paths and queries") {
  CHECK(percent_encoded("a-b_c.d~9") == "a-b_c.d~9");
  CHECK(percent_encoded("{\"a\": [1]}/ü") == "%7B%22a%22%3A%20%5B1%5D%7D%2F%C3%BC");
}
