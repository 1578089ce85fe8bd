#include "adapters/git/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stop_token>

#include "adapters/file_descriptor.hpp"

namespace plimsoll::adapters {
namespace {

using std::chrono::steady_clock;

Error failed(const std::string& what) {
  return {ErrorKind::internal, "starting a child process: " + what + ": " + std::strerror(errno)};
}

Error cancelled() { return {ErrorKind::cancelled, "the git operation was cancelled"}; }

/// Certificate stores are a setting of the machine; sanitizers need theirs in tests. Nothing else goes along.
std::vector<std::string> minimal_environment() {
  std::vector<std::string> environment = {"LC_ALL=C", "HOME=/nonexistent"};
  for (const char* name :
       {"SSL_CERT_FILE", "SSL_CERT_DIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"})
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  return environment;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// posix_spawn with `channel` as descriptors 0 and 1. Returns the errno, 0 for success.
int spawn(const ChildSpec& spec, int channel, pid_t& child) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, channel, 0);
  posix_spawn_file_actions_adddup2(&actions, channel, 1);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> words = {"plimsoll"};
  words.insert(words.end(), spec.arguments.begin(), spec.arguments.end());
  auto environment = minimal_environment();
  const int failure = posix_spawn(&child, spec.executable.c_str(), &actions, &attributes, pointers_to(words).data(),
                                  pointers_to(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return failure;
}

/// A descriptor that becomes readable when the process ends. glibc 2.36's header of it is not fit for C++.
FileDescriptor open_process(pid_t pid) { return FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

/// Kills (unless told otherwise) and reaps a child, whichever way its owner is left.
class RunningChild {
 public:
  explicit RunningChild(pid_t pid) : pid_(pid), handle_(open_process(pid)) {}
  ~RunningChild() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    reap();
  }
  RunningChild(const RunningChild&) = delete;
  RunningChild& operator=(const RunningChild&) = delete;

  [[nodiscard]] int handle() const { return handle_.get(); }
  int reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return status;
  }

 private:
  pid_t pid_;
  FileDescriptor handle_;
};

bool send_all(int channel, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(channel, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// Reads what is there without waiting. False at the end of the stream.
bool drain(int channel, std::string& output, std::size_t limit) {
  char buffer[4096];
  while (output.size() <= limit) {
    const ssize_t got = ::recv(channel, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    output.append(buffer, static_cast<std::size_t>(got));
  }
  return true;
}

int milliseconds_left(steady_clock::time_point deadline) {
  const auto now = steady_clock::now();
  if (deadline <= now) return 0;
  const auto rest = std::min<steady_clock::duration>(deadline - now, std::chrono::hours(24));
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(rest).count());
}

/// Waits for the child's own end, collecting its output.
Result<void> wait_for(const RunningChild& child, int channel, int stop_event, const ports::Call& call,
                      std::string& output, std::size_t limit) {
  bool more = true;
  while (true) {
    if (call.stop.stop_requested()) return cancelled();
    const int rest = milliseconds_left(call.deadline);
    if (rest == 0)
      return Error{ErrorKind::deadline, "the git server did not finish within the deadline; the operation was ended"};
    pollfd watched[] = {{child.handle(), POLLIN, 0}, {stop_event, POLLIN, 0}, {more ? channel : -1, POLLIN, 0}};
    if (::poll(watched, 3, rest) < 0 && errno != EINTR) return failed("poll");
    if (watched[2].revents != 0) more = drain(channel, output, limit);
    if (output.size() > limit) return Error{ErrorKind::internal, "the git child process wrote too much"};
    if (watched[0].revents == 0) continue;
    drain(channel, output, limit);
    return {};
  }
}

}  // namespace

Result<ChildOutcome> run_child(const ChildSpec& spec, const ports::Call& call) {
  if (call.stop.stop_requested()) return cancelled();
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return failed("socketpair");
  const FileDescriptor ours(ends[0]);
  FileDescriptor theirs(ends[1]);
  const FileDescriptor stop_event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_event) return failed("eventfd");
  pid_t pid = 0;
  errno = spawn(spec, theirs.get(), pid);
  if (errno != 0) return failed(spec.executable);
  RunningChild child(pid);
  theirs = FileDescriptor();
  if (child.handle() < 0) return failed("pidfd_open");
  const std::stop_callback wake(call.stop, [event = stop_event.get()] { eventfd_write(event, 1); });
  send_all(ours.get(), spec.input);  // a child that is already gone shows as an end without output
  ::shutdown(ours.get(), SHUT_WR);
  ChildOutcome outcome;
  if (auto waited = wait_for(child, ours.get(), stop_event.get(), call, outcome.output, spec.max_output_bytes); !waited)
    return waited.error();
  const int status = child.reap();
  outcome.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  outcome.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  return outcome;
}

}  // namespace plimsoll::adapters
