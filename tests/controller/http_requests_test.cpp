// How requests are cut out of what a peer sends: limits, framing, time.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "controller/echo_handler.hpp"

using namespace plimsoll;
using namespace plimsoll::controller;

namespace {

constexpr std::size_t kLimit = 3U << 20U;

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
  const std::string smuggled = get_text("/smuggled");
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
      {"unknown coding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n" + smuggled, 400},
      {"unknown coding of GET", "GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n" + smuggled, 400},
      {"empty coding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding:\r\n\r\n" + smuggled, 400},
      {"a coding before chunks",
       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + smuggled, 400},
      {"a coding after chunks",
       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n" + smuggled, 400},
      {"chunks twice",
       "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
           smuggled,
       400},
      {"chunks in HTTP/1.0", "POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
       400},
      {"bad chunk", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"absolute form", "GET http://evil/ HTTP/1.1\r\n" + host + "\r\n", 400},
      {"control byte in the path", "GET /%00 HTTP/1.1\r\n" + host + "\r\n", 400},
      {"header one byte over", "GET / HTTP/1.1\r\n" + host + "A: " + std::string(16U << 10U, 'a') + "\r\n\r\n", 431},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    const std::string answer = answer_to(server, one.bytes);
    CHECK(status_in(answer) == one.status);
    CHECK(answers_in(answer) == 1);
  }
  CHECK(handler.handled == 0);
  CHECK(status_in(answer_to(server, get_text("/"))) == 200);
  const std::string chunks = "POST /x HTTP/1.1\r\n" + host + "Connection: close\r\nTransfer-Encoding: Chunked\r\n\r\n";
  CHECK(status_in(answer_to(server, chunks + "3\r\nabc\r\n0\r\n\r\n")) == 200);
}

TEST_CASE("no request is answered after one that was refused with its body") {
  EchoHandler handler;
  RunningServer server(handler);
  const std::string host = " HTTP/1.1\r\nHost: x\r\n";
  const std::string smuggled = get_text("/smuggled");
  for (const std::string& refused :
       {"POST /refused" + host + "Content-Length: 4\r\n\r\nbody",
        "GET /refused" + host + "Content-Length: 4\r\n\r\nbody",
        "POST /refused" + host + "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        "POST /refused" + host + "Content-Length: 400\r\n\r\n"}) {
    INFO(refused);
    const std::string answer = answer_to(server, refused + smuggled);
    CHECK(status_in(answer) == 401);
    CHECK(answers_in(answer) == 1);
  }
  CHECK(handler.handled == 0);
  // Without a body there is nothing to mistake for a request.
  CHECK(answers_in(answer_to(server, "GET /refused" + host + "\r\n" + get_text("/next"))) == 2);
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

TEST_CASE("what comes in pieces around the end of a request's time harms no memory") {
  // A cancel does not reach a read that already has its bytes, and such a read goes on. Only when it then runs dry is
  // it still there when what is left is read: hence pieces with pauses, from before the deadline until well after it.
  constexpr std::chrono::milliseconds kTime{60};
  constexpr std::array<std::size_t, 7> kPieces{700, 1448, 3000, 4096, 5000, 9000, 200};
  EchoHandler handler;
  RunningServer server(handler, {.tcp_bodies = 100, .request = kTime});
  int timed_out = 0;
  for (int round = 0; round < 10; ++round) {
    std::vector<RawClient> clients;
    for (int count = 0; count < 24; ++count) clients.push_back(RawClient::tcp(server.port()));
    const auto begin = std::chrono::steady_clock::now();
    for (const auto& client : clients) client.send(post("/x", kLimit, ""));
    std::this_thread::sleep_until(begin + kTime - std::chrono::milliseconds(8));
    for (std::size_t turn = 0; std::chrono::steady_clock::now() < begin + kTime + std::chrono::milliseconds(25);
         ++turn) {
      for (std::size_t at = 0; at < clients.size(); ++at) {
        clients[at].send(std::string(kPieces[(turn + at) % kPieces.size()], 'b'));
      }
      std::this_thread::sleep_for(std::chrono::microseconds(3000));
    }
    for (const auto& client : clients) {
      if (status_in(client.read_to_end()) == 408) ++timed_out;
    }
  }
  CHECK(timed_out > 0);
  CHECK(handler.handled == 0);
  CHECK(status_in(answer_to(server, get_text("/"))) == 200);
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
