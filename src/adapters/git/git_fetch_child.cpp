#include "adapters/git/git_fetch_child.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "adapters/git/git_mirror.hpp"
#include "adapters/git/pack_compaction.hpp"
#include "adapters/git/remote_session.hpp"

namespace plimsoll::adapters {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // sanitizers reserve terabytes of address space and attach to the process at its end
#else
constexpr bool kSanitized = false;
#endif

/// What a fetch may hold in memory besides the packs that it maps, which the kernel can drop. Below MemoryMax of the
/// unit, with room for the controller beside it.
constexpr std::int64_t kMaxDataBytes = 320LL << 20U;

void limit(__rlimit_resource resource, std::int64_t value) {
  const rlimit both{static_cast<rlim_t>(value), static_cast<rlim_t>(value)};
  ::setrlimit(resource, &both);
}

/// A hostile server must not take the machine along; a dump of this process would hold the password.
void limit_resources(const FetchRequest& request) {
  constexpr std::int64_t kMiB = 1 << 20;
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, 256);
  limit(RLIMIT_CPU, request.cpu_seconds);
  limit(RLIMIT_FSIZE, request.max_pack_bytes + 64 * kMiB);
  if (kSanitized) return;
  limit(RLIMIT_AS, 1024 * kMiB + 4 * request.max_pack_bytes);  // packs are mapped, several at a time
  limit(RLIMIT_DATA, kMaxDataBytes);
  ::prctl(PR_SET_DUMPABLE, 0);
}

/// How many times the largest fetch a mirror may hold before it is cloned anew.
constexpr std::int64_t kFullMirror = 4;

std::string read_to_end(int descriptor) {
  constexpr std::size_t kMaxRequestBytes = 1U << 20U;
  std::string text;
  char buffer[4096];
  while (text.size() < kMaxRequestBytes) {
    const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(descriptor, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

/// A libgit2 remote must not outlive its repository.
class Connected {
 public:
  explicit Connected(RemoteSession& session) : session_(session) {}
  ~Connected() { session_.close(); }
  Connected(const Connected&) = delete;
  Connected& operator=(const Connected&) = delete;

 private:
  RemoteSession& session_;
};

/// Brings the branch into `repository`; absent when what arrived, or what was there, is not whole.
Result<std::optional<std::string>> update(git_repository* repository, const FetchRequest& request,
                                          RemoteSession& session) {
  const Connected connected(session);
  auto remote = session.connect(repository);
  if (!remote) return remote.error();
  const auto here = branch_commit(repository, request.branch, "the mirror");
  if (!here || *here != *remote) {
    if (auto downloaded = session.download(); !downloaded) return downloaded.error();
  }
  const auto now = branch_commit(repository, request.branch, "the mirror");
  if (!now || !is_complete(repository, *now, request.path)) return std::optional<std::string>{};
  return std::optional(*now);
}

Result<std::string> clone_anew(const FetchRequest& request, RemoteSession& session) {
  const std::string dir = fresh_mirror_dir(request.mirror_dir);
  std::error_code ignored;
  std::filesystem::remove_all(dir, ignored);
  auto repository = create_mirror(dir);
  if (!repository) return repository.error();
  auto commit = update(repository->get(), request, session);
  if (!commit) return commit.error();
  if (!*commit) return Error{ErrorKind::transient, scrub_url(request.url) + " sent an incomplete pack"};
  repository->reset();
  if (auto placed = replace_mirror(dir, request.mirror_dir); !placed) return placed.error();
  return **commit;
}

/// True when the mirror's own branch, if it has one, can be read.
bool is_sound(git_repository* repository, const FetchRequest& request) {
  const auto here = branch_commit(repository, request.branch, "the mirror");
  return !here || is_complete(repository, *here, request.path);
}

/// A history that grew over the limit of one fetch cannot be cloned any more, but what is new of it can be fetched: a
/// sound mirror is kept as long as it may be. In the end, force-pushes may have filled it with what nobody needs.
Result<std::string> replace_full_mirror(const FetchRequest& request, RemoteSession& session) {
  auto commit = clone_anew(request, session);
  if (commit || commit.error().kind != ErrorKind::rejected) return commit;
  return Error{ErrorKind::rejected, commit.error().message + "; and the git mirror " + request.mirror_dir +
                                        " is full: go on in a repository without this history"};
}

Result<std::string> fetch(const FetchRequest& request, RemoteSession& session) {
  const PackTotals packs = pack_totals(request.mirror_dir);
  if (packs.count > request.max_packs && !request.fresh) compact_packs(request.mirror_dir);
  RepositoryPtr repository;
  const bool usable = !request.fresh && git_repository_open_bare(out(repository), request.mirror_dir.c_str()) == 0 &&
                      is_sound(repository.get(), request);
  if (!usable) return clone_anew(request, session);
  if (packs.bytes > kFullMirror * request.max_pack_bytes) return replace_full_mirror(request, session);
  auto commit = update(repository.get(), request, session);
  if (commit && *commit) return **commit;
  if (!commit && commit.error().kind != ErrorKind::internal) return commit.error();
  return clone_anew(request, session);  // a mirror that a fetch cannot use would stay broken for ever
}

Result<std::string> carry_out(const FetchRequest& request) {
  ::setenv("HOME", child_home_dir(request.mirror_dir).c_str(), 1);  // libgit2 reads it once, when it is initialised
  use_libgit2();
  git_libgit2_opts(GIT_OPT_SET_USER_AGENT, "plimsoll");
  git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);  // what was fetched may be too much to be cloned again
  auto url = validate_source_url(request.url);
  if (!url) return url.error();
  const bool only_asking = request.operation == FetchRequest::Operation::list;
  if (!only_asking) remove_fetch_leftovers(request.mirror_dir);
  RemoteSession session(request, std::move(*url));
  auto prepared = session.prepare();
  auto answer = !prepared     ? Result<std::string>(prepared.error())
                : only_asking ? session.connect(nullptr)
                              : fetch(request, session);
  std::error_code ignored;
  std::filesystem::remove_all(child_home_dir(request.mirror_dir), ignored);
  if (!only_asking) remove_fetch_leftovers(request.mirror_dir);
  return answer;
}

}  // namespace

int git_fetch_main(int in, int out) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::umask(0077);
  ::signal(SIGPIPE, SIG_IGN);
  auto request = parse_fetch_request(read_to_end(in));
  if (!request) return write_all(out, fetch_answer_to_json(request.error())) ? 0 : 1;
  if (::getppid() != request->parent_pid) return 1;  // the parent died before PR_SET_PDEATHSIG took hold
  limit_resources(*request);
  const bool written = write_all(out, fetch_answer_to_json(carry_out(*request)));
  // Not by way of libgit2's shutdown: nothing is left to flush, and what it leaks there would alarm LeakSanitizer.
  ::_exit(written ? 0 : 1);
}

}  // namespace plimsoll::adapters
