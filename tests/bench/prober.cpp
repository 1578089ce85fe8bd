// Asks 127.0.0.1:PORT over a new connection at a fixed interval, without waiting for answers, and writes down what it
// saw: how a client sees a swap. Ends on SIGTERM or when stdin closes, then prints one line of JSON:
//   {"requests":N,"failed":M,"gap":ms,"first":"1","last":"2","first_of_last":seconds since the epoch}
// `gap` is the longest time between two good answers, less the interval of the probes.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Millis = std::chrono::duration<double, std::milli>;
volatile std::sig_atomic_t stop_requested = 0;

struct Probe {
  int fd = -1;
  bool sent = false;
  Clock::time_point begin{};
  std::string reply;
};

struct Tally {
  long requests = 0, failed = 0;
  Clock::time_point last_good{};
  double gap = 0, first_of_last = 0;
  std::string first, last;
};

Probe open_probe(int port) {
  Probe probe;
  probe.begin = Clock::now();
  probe.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  (void)!::connect(probe.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return probe;
}

std::string body_of(const std::string& reply) {
  const auto begin = reply.find("\r\n\r\n");
  if (begin == std::string::npos) return "";
  std::string body = reply.substr(begin + 4);
  while (!body.empty() && body.back() == '\n') body.pop_back();
  return body;
}

void finish(Probe& probe, Tally& tally) {
  ::close(probe.fd);
  probe.fd = -1;
  ++tally.requests;
  const std::string body = body_of(probe.reply);
  if (body.empty()) {
    ++tally.failed;
    return;
  }
  const auto now = Clock::now();
  if (tally.last_good != Clock::time_point{}) tally.gap = std::max(tally.gap, Millis(now - tally.last_good).count());
  tally.last_good = now;
  if (tally.first.empty()) tally.first = body;
  if (body != tally.last) {
    tally.last = body;
    tally.first_of_last = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
}

/// Moves one probe on after poll() said something; true when it is over.
bool advance(Probe& probe, short events) {
  static constexpr char kRequest[] = "GET / HTTP/1.0\r\n\r\n";
  if (!probe.sent && (events & POLLOUT) != 0 && (events & (POLLERR | POLLHUP)) == 0) {
    if (::send(probe.fd, kRequest, sizeof kRequest - 1, MSG_NOSIGNAL) <= 0) return true;
    probe.sent = true;
    return false;
  }
  if ((events & (POLLIN | POLLERR | POLLHUP)) == 0) return false;
  char buffer[4096];
  const auto got = ::recv(probe.fd, buffer, sizeof buffer, 0);
  if (got <= 0) return true;
  probe.reply.append(buffer, static_cast<std::size_t>(got));
  return false;
}

void run(int port, double interval_ms, Tally& tally) {
  std::vector<Probe> probes;
  auto next = Clock::now();
  while (stop_requested == 0) {
    const auto now = Clock::now();
    if (now >= next) {
      probes.push_back(open_probe(port));
      next = std::max(next + std::chrono::duration_cast<Clock::duration>(Millis(interval_ms)), now);
    }
    std::vector<pollfd> waits{{.fd = 0, .events = POLLIN, .revents = 0}};
    for (const auto& probe : probes) {
      waits.push_back({.fd = probe.fd, .events = static_cast<short>(probe.sent ? POLLIN : POLLOUT), .revents = 0});
    }
    const double left = Millis(next - Clock::now()).count();
    const timespec limit{.tv_sec = 0, .tv_nsec = static_cast<long>(std::max(0.0, left) * 1e6)};
    ::ppoll(waits.data(), waits.size(), &limit, nullptr);
    char closed = 0;
    if (waits[0].revents != 0 && ::read(0, &closed, 1) <= 0) break;
    for (std::size_t i = 0; i < probes.size(); ++i) {
      const bool late = Millis(Clock::now() - probes[i].begin).count() > 5000;
      if ((i + 1 < waits.size() && advance(probes[i], waits[i + 1].revents)) || late) finish(probes[i], tally);
    }
    std::erase_if(probes, [](const Probe& probe) { return probe.fd < 0; });
  }
  for (auto& probe : probes) ::close(probe.fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_prober PORT INTERVAL_MS\n");
    return 2;
  }
  std::signal(SIGTERM, [](int) { stop_requested = 1; });
  Tally tally;
  const double interval = std::atof(argv[2]);
  run(std::atoi(argv[1]), interval, tally);
  std::printf(R"({"requests":%ld,"failed":%ld,"gap":%.2f,"first":"%s","last":"%s","first_of_last":%.6f})"
              "\n",
              tally.requests, tally.failed, std::max(0.0, tally.gap - interval), tally.first.c_str(),
              tally.last.c_str(), tally.first_of_last);
  return 0;
}
