#include "controller/wiring.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "adapters/decision_file.hpp"
#include "adapters/digest_key.hpp"
#include "adapters/git/git_source.hpp"
#include "adapters/git/source_url.hpp"
#include "adapters/secret_files.hpp"
#include "adapters/small_file.hpp"
#include "adapters/sqlite_store.hpp"
#include "adapters/system_clock.hpp"
#include "controller/http/listen_address.hpp"
#include "controller/wiring_instances.hpp"

namespace plimsoll::controller {
namespace {

constexpr const char* kMirror = "mirror.git";
/// Of branches that `diff --revision` asks for: nothing that it does can harm the mirror that deployments come from.
constexpr const char* kQueriesMirror = "queries.git";

Error cannot_lock(const std::string& file, int why) {
  std::string mend = "mend that, or set another state_dir in controller.yaml";
  if (why == EACCES || why == EPERM) mend = "make it writable for this user";
  if (why == EISDIR) mend = "Plimsoll keeps a file there: move the directory away, or set another state_dir";
  return {ErrorKind::rejected, "cannot open and lock " + file + ": " + std::strerror(why) + "; " + mend};
}

Result<std::shared_ptr<void>> lock_state_dir(const std::string& directory) {
  std::error_code error;
  const bool was_there = std::filesystem::exists(directory, error);
  std::filesystem::create_directories(directory, error);
  if (error) {
    return Error{ErrorKind::rejected, "cannot make the state directory " + directory + ": " + error.message() +
                                          "; make it or set state_dir in controller.yaml"};
  }
  // One that was there may be there for others, too, such as /var/lib by a slip. What is put into it is closed by
  // itself.
  if (!was_there) std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  const std::string file = directory + "/lock";
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return cannot_lock(file, errno);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int why = errno;
    ::close(fd);
    if (why != EWOULDBLOCK) return cannot_lock(file, why);
    return Error{ErrorKind::rejected, "another plimsoll works with the state directory " + directory +
                                          "; stop it, or give this one a state_dir of its own"};
  }
  return std::shared_ptr<void>(nullptr, [fd](void*) { ::close(fd); });
}

/// A mirror belongs to its URL: with another one out of reach, what the old repository says must not be deployed.
Result<void> drop_mirrors_of_other_url(const ControllerConfig& config) {
  // Else a password that was written into the URL by mistake would stay in the record.
  if (auto valid = adapters::validate_source_url(config.source.url); !valid) return valid.error();
  const std::string record = config.state_dir + "/source-url";
  const auto known = adapters::read_small_file(record, 1U << 20U, false);
  if (known && *known == config.source.url) return {};
  std::error_code error;
  for (const char* mirror : {kMirror, kQueriesMirror}) {
    if (known && !error) std::filesystem::remove_all(config.state_dir + "/" + mirror, error);
  }
  if (!error && !(std::ofstream(record, std::ios::binary) << config.source.url << std::flush))
    error = std::error_code(errno, std::generic_category());
  using std::filesystem::perms;
  if (!error) std::filesystem::permissions(record, perms::owner_read | perms::owner_write, error);
  if (!error) return {};
  return Error{ErrorKind::rejected, "source.url: is another one than before, and the old mirror in " +
                                        config.state_dir + " cannot be dropped: " + error.message() +
                                        "; make that directory writable for this user"};
}

/// Absent when the password of the source, if there is one, goes to nobody but its server.
std::optional<std::string> password_in_the_clear(const ControllerConfig& config) {
  const auto url = adapters::validate_source_url(config.source.url);
  const bool plain = url && url->scheme == adapters::SourceUrl::Scheme::http && !is_loopback_host(url->host);
  if (!plain || config.source.credentials.password_file.empty()) return std::nullopt;
  return "source.url: over http:// anybody on the way to " + url->host +
         " can read the password of credentials.password_file; use https://";
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
  if (auto dropped = drop_mirrors_of_other_url(config); !dropped) return dropped.error();
  wiring->clock = std::make_unique<adapters::SystemClock>();
  auto opened = adapters::SqliteStore::open(config.state_dir + "/plimsoll.db");
  if (!opened) return opened.error();
  wiring->warnings = std::move(opened->warnings);
  if (auto warning = password_in_the_clear(config)) wiring->warnings.push_back(std::move(*warning));
  wiring->store = std::move(opened->store);
  wiring->decisions = std::make_unique<adapters::DecisionFile>(config.state_dir + "/decisions.json");
  wiring->secrets = std::make_unique<adapters::SecretFiles>(config.secrets_dir);
  auto key = adapters::load_or_make_digest_key(config.state_dir);
  if (!key) return key.error();
  for (auto* git : {&wiring->git, &wiring->queries_git, &wiring->rollbacks_git}) {
    auto made = make_git(config, config.source.branch, kMirror);
    if (!made) return made.error();  // it names the key
    *git = std::move(*made);
  }
  const SourceLoader::Settings settings{config.source.branch, *key, config.source.fetch_timeout, {}};
  wiring->source = std::make_unique<SourceLoader>(*wiring->git, *wiring->secrets, settings);
  wiring->rollbacks = std::make_unique<SourceLoader>(*wiring->rollbacks_git, *wiring->secrets, settings);
  auto query_settings = settings;
  query_settings.open_branch = [config](const std::string& branch) { return make_git(config, branch, kQueriesMirror); };
  wiring->queries = std::make_unique<SourceLoader>(*wiring->queries_git, *wiring->secrets, query_settings);
  wiring->instances = make_docker_instances(config);
  return wiring;
}

Result<std::string> read_config_text(const std::string& file) {
  constexpr std::size_t kMost = 1U << 20U;
  auto text = adapters::read_small_file(file, kMost, true);
  if (text) return text;
  const bool denied = text.error().message.ends_with(std::strerror(EACCES));
  return Error{ErrorKind::rejected, text.error().message +
                                        (denied ? "; let this user read it, or name another file"
                                                : "; name the controller's configuration") +
                                        " with --config"};
}

Result<Secret> read_webhook_secret(const std::string& file) {
  constexpr std::size_t kLeast = 16;
  auto text = adapters::read_small_file(file, 4096, true);
  if (!text) {
    const bool missing = text.error().kind == ErrorKind::missing;
    return Error{ErrorKind::rejected,
                 "webhook.secret_file: " + text.error().message +
                     (missing ? "; make it with: openssl rand -hex 32" : "; let this user read it")};
  }
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  if (text->size() < kLeast) {
    return Error{ErrorKind::rejected, "webhook.secret_file: " + file +
                                          " holds fewer than 16 bytes; make a new secret, " +
                                          "for example with: openssl rand -hex 32"};
  }
  return Secret(std::move(*text));
}

}  // namespace plimsoll::controller
