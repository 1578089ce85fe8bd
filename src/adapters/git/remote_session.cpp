#include "adapters/git/remote_session.hpp"

#include <filesystem>
#include <fstream>
#include <utility>

#include "adapters/git/base64.hpp"
#include "adapters/git/git_mirror.hpp"
#include "adapters/git/ssh_key_file.hpp"
#include "adapters/small_file.hpp"

namespace plimsoll::adapters {
namespace {

constexpr std::size_t kMaxKnownHostsBytes = 4U << 20U;

RemoteSession* session_of(void* self) { return static_cast<RemoteSession*>(self); }

/// libgit2 1.5 picks the type of host key to ask for from `$HOME/.ssh/known_hosts`; without one a server with several
/// keys shows whichever libssh2 likes best, which need not be the one that is known. So it gets a file with just those
/// keys. The decision about trust is `judge_host_key`'s alone.
void write_host_key_preference(const FetchRequest& request, const SourceUrl& url,
                               const std::vector<KnownHostKey>& keys) {
  namespace fs = std::filesystem;
  const fs::path home = child_home_dir(request.mirror_dir);
  std::error_code ignored;
  fs::create_directories(home / ".ssh", ignored);
  std::ofstream file(home / ".ssh" / "known_hosts");
  for (const KnownHostKey& key : keys)
    if (!key.revoked)
      file << '[' << url.host << "]:" << url.port << ' ' << key.type << ' ' << base64_encode(key.key) << '\n';
  git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, GIT_CONFIG_LEVEL_GLOBAL, home.c_str());
}

}  // namespace

RemoteSession::RemoteSession(const FetchRequest& request, SourceUrl url)
    : request_(request), url_(std::move(url)), where_(scrub_url(url_.text)) {}

Result<void> RemoteSession::prepare() {
  if (!request_.ca_file.empty() &&
      git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, request_.ca_file.c_str(), nullptr) != 0)
    return Error{ErrorKind::rejected,
                 "the authorities in " + request_.ca_file + " cannot be used: " + libgit2_message()};
  if (url_.scheme == SourceUrl::Scheme::file) {
    if (auto there = open_file_source(url_); !there) return there.error();
  }
  if (url_.scheme != SourceUrl::Scheme::ssh) return {};
  auto facts = check_ssh_key_file(request_.ssh_key_file);
  if (!facts) return facts.error();
  key_type_ = facts->type;
  auto known_hosts = read_small_file(request_.known_hosts_file, kMaxKnownHostsBytes, true);
  if (!known_hosts)
    return Error{ErrorKind::unauthorized, "credentials.known_hosts_file: " + known_hosts.error().message};
  known_keys_ = known_host_keys(*known_hosts, url_.host, url_.port);
  write_host_key_preference(request_, url_, known_keys_);
  return {};
}

int RemoteSession::refuse(Error error) {
  refusal_ = std::move(error);
  return GIT_EUSER;
}

int RemoteSession::on_credentials(git_credential** credential, const char*, const char* user, unsigned allowed,
                                  void* self) {
  return session_of(self)->give_credentials(credential, user, allowed);
}

int RemoteSession::give_credentials(git_credential** credential, const char* user, unsigned allowed) {
  if (url_.scheme == SourceUrl::Scheme::ssh) {
    const std::string name = !url_.user.empty() ? url_.user : !request_.username.empty() ? request_.username : "git";
    if ((allowed & GIT_CREDENTIAL_SSH_KEY) == 0 && (allowed & GIT_CREDENTIAL_USERNAME) != 0)
      return git_credential_username_new(credential, name.c_str());
    if (attempts_++ > 0 || (allowed & GIT_CREDENTIAL_SSH_KEY) == 0) {
      return refuse({ErrorKind::unauthorized, where_ + " refuses the key " + request_.ssh_key_file + " for user '" +
                                                  name + "'; add its public key there"});
    }
    return git_credential_ssh_key_new(credential, user != nullptr ? user : name.c_str(), nullptr,
                                      request_.ssh_key_file.c_str(), nullptr);
  }
  if (request_.password.empty())
    return refuse(
        {ErrorKind::unauthorized, where_ + " asks for credentials; set source.credentials.username and password_file"});
  if (attempts_++ > 0 || (allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) == 0)
    return refuse({ErrorKind::unauthorized, where_ + " refuses the credentials; check source.credentials"});
  return git_credential_userpass_plaintext_new(credential, request_.username.c_str(), request_.password.c_str());
}

int RemoteSession::on_certificate(git_cert* certificate, int valid, const char*, void* self) {
  if (certificate->cert_type == GIT_CERT_HOSTKEY_LIBSSH2)
    return session_of(self)->check_host_key(*reinterpret_cast<const git_cert_hostkey*>(certificate));
  if (valid != 0) return 0;
  return session_of(self)->refuse(
      {ErrorKind::unauthorized, session_of(self)->where_ +
                                    ": the server's certificate is not trusted; put that of its authority into "
                                    "/usr/local/share/ca-certificates/NAME.crt and run update-ca-certificates"});
}

int RemoteSession::check_host_key(const git_cert_hostkey& key) {
  if ((key.type & GIT_CERT_SSH_RAW) == 0)
    return refuse({ErrorKind::unauthorized, where_ + ": the server's host key cannot be read"});
  const std::string_view raw(key.hostkey, key.hostkey_len);
  const auto verdict = judge_host_key(known_keys_, raw);
  if (verdict == HostKeyVerdict::trusted) return 0;
  return refuse(host_key_error(verdict, url_.host, url_.port, raw, request_.known_hosts_file));
}

int RemoteSession::on_progress(const git_indexer_progress* progress, void* self) {
  auto& session = *session_of(self);
  const auto limit = static_cast<std::size_t>(session.request_.max_pack_bytes);
  if (progress->received_bytes <= limit) return 0;
  return session.refuse({ErrorKind::rejected, session.where_ + " sends more than " + std::to_string(limit >> 20U) +
                                                  " MiB; is this the manifest repository?"});
}

git_remote_callbacks RemoteSession::callbacks() {
  git_remote_callbacks callbacks = GIT_REMOTE_CALLBACKS_INIT;
  callbacks.credentials = on_credentials;
  callbacks.certificate_check = on_certificate;
  callbacks.transfer_progress = on_progress;
  callbacks.payload = this;
  return callbacks;
}

Error RemoteSession::failure(int code, const std::string& doing) {
  if (!refusal_) refusal_ = libgit2_network_error(code, doing + " " + where_);
  explain_rsa();
  return *std::exchange(refusal_, std::nullopt);
}

void RemoteSession::explain_rsa() {
  const bool about_key = attempts_ > 0 && url_.scheme == SourceUrl::Scheme::ssh;
  if (about_key && key_type_ == "ssh-rsa") {
    refusal_->kind = ErrorKind::unauthorized;
    refusal_->message +=
        "; note that it is an RSA key, which libssh2 1.10 can only use with SHA-1, and today's servers refuse "
        "that: use an ed25519 key (`ssh-keygen -t ed25519`)";
  }
}

Result<std::string> RemoteSession::connect(git_repository* repository) {
  const int made = repository == nullptr ? git_remote_create_detached(out(remote_), url_.text.c_str())
                                         : git_remote_create_anonymous(out(remote_), repository, url_.text.c_str());
  if (made != 0) return failure(made, "preparing");
  git_remote_connect_options options = GIT_REMOTE_CONNECT_OPTIONS_INIT;
  options.callbacks = callbacks();
  options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
  options.proxy_opts.type = GIT_PROXY_NONE;
  attempts_ = 0;
  if (const int code = git_remote_connect_ext(remote_.get(), GIT_DIRECTION_FETCH, &options); code != 0)
    return failure(code, "connecting to");
  const git_remote_head** heads = nullptr;
  std::size_t count = 0;
  if (const int code = git_remote_ls(&heads, &count, remote_.get()); code != 0) return failure(code, "listing");
  static constexpr std::string_view kHeads = "refs/heads/";
  std::vector<std::string> existing;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view name = heads[i]->name;
    if (name.substr(0, kHeads.size()) != kHeads) continue;
    if (name.substr(kHeads.size()) == request_.branch) return to_hex(heads[i]->oid);
    existing.emplace_back(name.substr(kHeads.size()));
  }
  return branch_missing(request_.branch, where_, existing);
}

Result<void> RemoteSession::download() {
  git_fetch_options options = GIT_FETCH_OPTIONS_INIT;
  options.callbacks = callbacks();
  options.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
  options.proxy_opts.type = GIT_PROXY_NONE;
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
  options.update_fetchhead = 0;
  options.prune = GIT_FETCH_NO_PRUNE;
  const std::string ref = "refs/heads/" + request_.branch;
  std::string refspec = "+" + ref + ":" + ref;
  char* texts[] = {refspec.data()};
  const git_strarray refspecs{texts, 1};
  const int code = git_remote_fetch(remote_.get(), &refspecs, &options, nullptr);
  if (code != 0) return failure(code, "fetching from");
  return {};
}

}  // namespace plimsoll::adapters
