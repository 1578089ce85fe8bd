#include "controller/wiring.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "adapters/decision_file.hpp"
#include "adapters/digest_key.hpp"
#include "adapters/git/git_source.hpp"
#include "adapters/git/source_url.hpp"
#include "adapters/secret_files.hpp"
#include "adapters/small_file.hpp"
#include "adapters/sqlite_store.hpp"
#include "adapters/system_clock.hpp"
#include "controller/wiring_instances.hpp"

namespace plimsoll::controller {
namespace {

constexpr const char* kMirror = "mirror.git";
/// Of branches that `diff --revision` asks for: nothing that it does can harm the mirror that deployments come from.
constexpr const char* kQueriesMirror = "queries.git";

Result<std::shared_ptr<void>> lock_state_dir(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return Error{ErrorKind::rejected, "cannot make the state directory " + directory + ": " + error.message() +
                                          "; make it or set state_dir in controller.yaml"};
  }
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  const std::string file = directory + "/lock";
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Error{ErrorKind::rejected, "cannot open " + file + ": " + std::strerror(errno)};
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return Error{ErrorKind::rejected, "another plimsoll works with the state directory " + directory +
                                          "; stop it, or give this one a state_dir of its own"};
  }
  return std::shared_ptr<void>(nullptr, [fd](void*) { ::close(fd); });
}

Result<std::unique_ptr<ports::GitSource>> make_git(const ControllerConfig& config, const std::string& branch,
                                                   const std::string& mirror) {
  adapters::GitOptions options;
  options.url = config.source.url;
  options.branch = branch;
  options.path = config.source.path;
  options.mirror_dir = config.state_dir + "/" + mirror;
  options.username = config.source.credentials.username;
  options.password_file = config.source.credentials.password_file;
  options.ssh_key_file = config.source.credentials.ssh_key_file;
  options.known_hosts_file = config.source.credentials.known_hosts_file;
  options.fetch_deadline = config.source.fetch_timeout;
  return adapters::make_git_source(std::move(options));
}

}  // namespace

Result<std::unique_ptr<Wiring>> wire(const ControllerConfig& config) {
  auto wiring = std::make_unique<Wiring>();
  wiring->source_name = adapters::scrub_url(config.source.url);
  auto lock = lock_state_dir(config.state_dir);
  if (!lock) return lock.error();
  wiring->state_lock = std::move(*lock);
  wiring->clock = std::make_unique<adapters::SystemClock>();
  auto opened = adapters::SqliteStore::open(config.state_dir + "/plimsoll.db");
  if (!opened) return opened.error();
  wiring->warnings = std::move(opened->warnings);
  wiring->store = std::move(opened->store);
  wiring->decisions = std::make_unique<adapters::DecisionFile>(config.state_dir + "/decisions.json");
  wiring->secrets = std::make_unique<adapters::SecretFiles>(config.secrets_dir);
  auto key = adapters::load_or_make_digest_key(config.state_dir);
  if (!key) return key.error();
  for (auto* git : {&wiring->git, &wiring->queries_git}) {
    auto made = make_git(config, config.source.branch, kMirror);
    if (!made) return with_context(made.error(), "source");
    *git = std::move(*made);
  }
  const SourceLoader::Settings settings{config.source.branch, *key, config.source.fetch_timeout, {}};
  wiring->source = std::make_unique<SourceLoader>(*wiring->git, *wiring->secrets, settings);
  auto query_settings = settings;
  query_settings.open_branch = [config](const std::string& branch) { return make_git(config, branch, kQueriesMirror); };
  wiring->queries = std::make_unique<SourceLoader>(*wiring->queries_git, *wiring->secrets, query_settings);
  wiring->instances = make_docker_instances(config);
  return wiring;
}

Result<Secret> read_webhook_secret(const std::string& file) {
  constexpr std::size_t kLeast = 16;
  auto text = adapters::read_small_file(file, 4096, true);
  if (!text) return with_context(text.error(), "webhook.secret_file");
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  if (text->size() < kLeast) {
    return Error{ErrorKind::rejected, "webhook.secret_file: " + file +
                                          " holds fewer than 16 bytes; make a new secret, " +
                                          "for example with: openssl rand -hex 32"};
  }
  return Secret(std::move(*text));
}

}  // namespace plimsoll::controller
