#include "adapters/git/git_source.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "adapters/git/child_process.hpp"
#include "adapters/git/fetch_request.hpp"
#include "adapters/git/git_fetch_child.hpp"
#include "adapters/git/git_mirror.hpp"
#include "adapters/git/libgit_handles.hpp"
#include "adapters/git/revision_reader.hpp"
#include "adapters/git/smart_http.hpp"

namespace plimsoll::adapters {
namespace {

using Operation = FetchRequest::Operation;

constexpr std::string_view kHeads = "refs/heads/";

class RemoteGitSource final : public ports::GitSource {
 public:
  RemoteGitSource(GitOptions options, SourceUrl url) : options_(std::move(options)), url_(std::move(url)) {
    if (is_http()) http_ = std::make_unique<SmartHttp>(url_, options_.ca_file);
  }

  Result<std::string> remote_commit(const ports::Call& call) override {
    if (is_http()) return commit_over_http(call);
    if (url_.scheme == SourceUrl::Scheme::file) return commit_in_file();
    return in_child(Operation::list, call);
  }

  Result<std::string> fetch(const ports::Call& call) override {
    auto commit = in_child(Operation::fetch, call);
    if (commit) damaged_ = false;
    return commit;
  }

  Result<ports::RevisionContent> read(const std::string& commit, const RepositoryFiles* known) override {
    auto content = read_revision({options_.mirror_dir, options_.path, commit}, known);
    if (!content && content.error().kind == ErrorKind::transient) damaged_ = true;
    return content;
  }

 private:
  [[nodiscard]] bool is_http() const {
    return url_.scheme == SourceUrl::Scheme::https || url_.scheme == SourceUrl::Scheme::http;
  }

  [[nodiscard]] std::string username() const { return options_.username.empty() ? "git" : options_.username; }

  Result<std::string> commit_over_http(const ports::Call& call) {
    auto password = git_password(options_);
    if (!password) return password.error();
    std::optional<HttpLogin> login;
    if (*password) login = HttpLogin{username(), **password};
    const std::string wanted = std::string(kHeads) + options_.branch;
    auto refs = http_->list_refs(wanted, login, call);
    if (!refs) return refs.error();
    for (const RemoteRef& ref : *refs)
      if (ref.name == wanted) return ref.commit;
    return why_missing(login, call);
  }

  /// Asks once more, for all branches: an empty repository and a vanished branch want different mends.
  Error why_missing(const std::optional<HttpLogin>& login, const ports::Call& call) {
    auto refs = http_->list_refs(std::string(kHeads), login, call);
    if (!refs) return refs.error();
    std::vector<std::string> existing;
    for (const RemoteRef& ref : *refs) existing.push_back(ref.name.substr(kHeads.size()));
    return branch_missing(options_.branch, url_.text, existing);
  }

  Result<std::string> commit_in_file() {
    use_libgit2();
    auto repository = open_file_source(url_);
    if (!repository) return repository.error();
    return branch_commit(repository->get(), options_.branch, url_.text);
  }

  Result<std::string> in_child(Operation operation, const ports::Call& call) {
    auto password = git_password(options_);
    if (!password) return password.error();
    const auto limit = std::min(call.deadline, std::chrono::steady_clock::now() + options_.fetch_deadline);
    const ChildSpec spec{options_.self_executable, {kGitFetchCommand}, to_json(request(operation, *password))};
    auto outcome = run_child(spec, {limit, call.stop});
    if (!outcome) {
      remove_fetch_leftovers(options_.mirror_dir);
      return with_context(outcome.error(), url_.text);
    }
    if (outcome->signal == 0 && !outcome->output.empty()) return parse_fetch_answer(outcome->output);
    remove_fetch_leftovers(options_.mirror_dir);
    return abnormal_end(*outcome);
  }

  Error abnormal_end(const ChildOutcome& outcome) const {
    if (outcome.signal == SIGXFSZ)
      return {ErrorKind::rejected, url_.text + " sends more than " + std::to_string(options_.max_pack_bytes >> 20) +
                                       " MiB; is this the manifest repository?"};
    if (outcome.signal == SIGXCPU)
      return {ErrorKind::deadline, url_.text + ": the fetch used up its CPU time and was ended"};
    const std::string how = outcome.signal != 0 ? "signal " + std::to_string(outcome.signal)
                                                : "exit status " + std::to_string(outcome.exit_status);
    return {ErrorKind::transient, url_.text + ": the git child process ended early (" + how + "); is memory short?"};
  }

  FetchRequest request(Operation operation, const std::optional<Secret>& password) const {
    FetchRequest request;
    request.operation = operation;
    request.url = url_.text;
    request.branch = options_.branch;
    request.path = options_.path;
    request.username = is_http() ? username() : options_.username;
    if (password) request.password = password->reveal();
    request.ssh_key_file = options_.ssh_key_file;
    request.known_hosts_file = options_.known_hosts_file;
    request.ca_file = options_.ca_file;
    request.mirror_dir = options_.mirror_dir;
    request.max_pack_bytes = options_.max_pack_bytes;
    request.max_packs = options_.max_packs;
    request.cpu_seconds =
        static_cast<int>(std::chrono::ceil<std::chrono::seconds>(options_.fetch_deadline).count()) + 1;
    request.parent_pid = static_cast<int>(::getpid());
    request.fresh = damaged_;
    return request;
  }

  GitOptions options_;
  SourceUrl url_;
  std::unique_ptr<SmartHttp> http_;
  bool damaged_ = false;  ///< a read found the mirror broken: the next fetch clones it anew
};

}  // namespace

Result<std::unique_ptr<ports::GitSource>> make_git_source(GitOptions options) {
  auto checked = check_git_options(std::move(options));
  if (!checked) return checked.error();
  return std::unique_ptr<ports::GitSource>(
      std::make_unique<RemoteGitSource>(std::move(checked->options), std::move(checked->url)));
}

}  // namespace plimsoll::adapters
