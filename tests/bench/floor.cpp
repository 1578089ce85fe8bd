// The floor of a deployment: the same Engine API calls that a controller cannot do without, back to back over one
// connection. Reads commands from stdin, one a line, and answers each with one line of JSON, so that one process with
// a warm connection is used throughout, interleaved with what is measured against it:
//
//   replace IMAGE PORT   list, pull, create, stop old, start new, first answer, remove old
//   promise IMAGE PORT   the same with what a swap does besides that can be undone at any moment: the old one's restart
//                        policy and name, the new one's name
//   repair               kill the last one, then one start of it
//   list-ours            one list of the containers with the benchmark's installation id
//   many IMAGE N THREADS update N containers to IMAGE
//   clear-many N         remove those
//   clear                remove what is there
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "engine_client.hpp"
#include "many_updates.hpp"

namespace {

using plimsoll::bench::EngineClient;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

/// One request over a new connection; true when any HTTP answer came.
bool answers(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  timeval limit{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bool good = false;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    static constexpr char kRequest[] = "GET / HTTP/1.0\r\n\r\n";
    char reply[16];
    good = ::send(fd, kRequest, sizeof kRequest - 1, MSG_NOSIGNAL) > 0 && ::recv(fd, reply, sizeof reply, 0) > 4;
  }
  ::close(fd);
  return good;
}

void wait_for_answer(int port) {
  while (!answers(port)) ::usleep(500);
}

std::string create_body(const std::string& image, int port) {
  std::ostringstream out;
  out << R"({"Image":")" << image << R"(","Labels":{"bench":"floor"},"ExposedPorts":{"8080/tcp":{}},)"
      << R"("HostConfig":{"NetworkMode":"floor_default","RestartPolicy":{"Name":"unless-stopped"},"PortBindings":{"8080/tcp":)"
      << R"([{"HostIp":"127.0.0.1","HostPort":")" << port << R"("}]}}})";
  return out.str();
}

/// The `Id` of a reply to create; the reply has no other long value.
std::string id_of(const std::string& reply) {
  const auto begin = reply.find(R"("Id":")") + 6;
  return reply.substr(begin, 64);
}

std::string list(EngineClient& engine, const std::string& label) {
  return engine.call("GET", "/containers/json?all=1&filters=%7B%22label%22%3A%5B%22" + label + "%22%5D%7D");
}

std::string old_container;  // of the last replace or repair

/// The calls between stop and start that make a swap safe: whatever cuts it, names and policies tell what was going on.
void keep_promises(EngineClient& engine, const std::string& next) {
  engine.call("POST",
              "/containers/" + old_container + "/rename?name=floor-swap-" + old_container.substr(0, 12) + ".prev");
  engine.call("POST", "/containers/" + next + "/rename?name=floor-swap-" + next.substr(0, 12));
}

void replace(EngineClient& engine, const std::string& image, int port, bool promises = false) {
  const auto begin = Clock::now();
  list(engine, "bench%3Dfloor");
  const auto colon = image.rfind(':');
  engine.call("POST", "/images/create?fromImage=" + image.substr(0, colon) + "&tag=" + image.substr(colon + 1));
  const double pulled = ms_since(begin);
  const std::string next = id_of(engine.call("POST", "/containers/create", create_body(image, port)));
  const auto stop_begin = Clock::now();
  promises = promises && !old_container.empty();
  if (promises) {
    engine.call("POST", "/containers/" + old_container + "/update", R"({"RestartPolicy":{"Name":"no"}})");
  }
  if (!old_container.empty()) engine.call("POST", "/containers/" + old_container + "/stop");
  if (promises) keep_promises(engine, next);
  const double stopped = ms_since(stop_begin);
  const auto start_begin = Clock::now();
  engine.call("POST", "/containers/" + next + "/start");
  const double started = ms_since(start_begin);
  wait_for_answer(port);
  const double whole = ms_since(begin), gap = ms_since(stop_begin);
  if (!old_container.empty()) engine.call("DELETE", "/containers/" + old_container);
  old_container = next;
  std::printf(R"({"whole":%.2f,"pull":%.2f,"stop":%.2f,"start":%.2f,"gap":%.2f})"
              "\n",
              whole, pulled, stopped, started, gap);
}

/// What a repair cannot do without: a start of the dead container. The kill is timed, too, for who measures from there.
void repair(EngineClient& engine) {
  const auto begin = Clock::now();
  engine.call("POST", "/containers/" + old_container + "/kill");
  const double killed = ms_since(begin);
  engine.call("POST", "/containers/" + old_container + "/start");
  std::printf(R"({"kill":%.2f,"start":%.2f})"
              "\n",
              killed, ms_since(begin) - killed);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_floor SOCKET < commands\n");
    return 2;
  }
  EngineClient engine(argv[1]);
  engine.call("GET", "/version");
  engine.call("POST", "/networks/create", R"({"Name":"floor_default"})");  // a bridge of its own, as an app has
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command, image;
    int port = 0;  // or another number
    int threads = 1;
    if (words >> command; command == "clear-many") {
      words >> port;
    } else {
      words >> image >> port >> threads;
    }
    const auto begin = Clock::now();
    if (command == "replace" || command == "promise") replace(engine, image, port, command == "promise");
    if (command == "repair") repair(engine);
    if (command == "list-ours") {
      list(engine, "io.plimsoll.controller%3Dbench");
      std::printf(R"({"list":%.3f})"
                  "\n",
                  ms_since(begin));
    }
    if (command == "many") {
      std::printf(R"({"whole":%.2f})"
                  "\n",
                  plimsoll::bench::update_many(argv[1], port, image, threads));
    }
    if (command == "clear-many") {
      plimsoll::bench::clear_many(argv[1], port);
      std::printf("{}\n");
    }
    if (command == "clear") {
      if (!old_container.empty()) engine.call("DELETE", "/containers/" + old_container + "?force=1");
      old_container.clear();
      std::printf("{}\n");
    }
    std::fflush(stdout);
  }
  return 0;
}
