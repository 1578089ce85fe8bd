#include "adapters/git/smart_http.hpp"

#include <algorithm>
#include <charconv>

#include "adapters/git/base64.hpp"

namespace plimsoll::adapters {
namespace {

constexpr std::size_t kMaxLsRefsBytes = 1U << 20U;
constexpr std::size_t kMaxAdvertisementBytes = 32U << 20U;

HttpEndpoint endpoint_of(const SourceUrl& url, std::string ca_file) {
  const bool ipv6 = url.host.find(':') != std::string::npos;
  const std::string scheme = url.scheme == SourceUrl::Scheme::https ? "https://" : "http://";
  return {.base_url = scheme + (ipv6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port),
          .ca_file = std::move(ca_file),
          .description = "the git server at " + url.text,
          .hint = "is it up, and is source.url right? What runs is left as it is"};
}

std::string without_trailing_slashes(std::string path) {
  while (!path.empty() && path.back() == '/') path.pop_back();
  return path;
}

std::string header(const HttpResponse& reply, const std::string& name) {
  const auto found = reply.headers.find(name);
  return found == reply.headers.end() ? std::string() : found->second;
}

/// The host that a redirect leads to; the rest of its URL may carry a token.
std::string redirect_host(const HttpResponse& reply) {
  const std::string location = header(reply, "location");
  std::string_view rest(location);
  const auto mark = rest.find("://");
  if (mark == std::string_view::npos) return "the same host";
  rest.remove_prefix(mark + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) rest.remove_prefix(at + 1);
  return "host '" + std::string(rest.substr(0, 255)) + "'";
}

/// Retry-After in seconds; its date form is left to our own back-off.
std::optional<std::chrono::milliseconds> retry_after(const HttpResponse& reply) {
  const std::string text = header(reply, "retry-after");
  int seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failure != std::errc{} || end != text.data() + text.size() || seconds < 0) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, 3600));
}

/// The error that an HTTP status is; absent for 200.
std::optional<Error> status_error(const HttpResponse& reply, bool had_login) {
  const std::string status = "HTTP " + std::to_string(reply.status);
  if (reply.status == 200) return std::nullopt;
  if (reply.status == 401 || reply.status == 403)
    return Error{ErrorKind::unauthorized,
                 had_login ? "the git server refuses the credentials (" + status + "); check source.credentials"
                           : "the git server asks for credentials (" + status +
                                 "); set source.credentials.username and password_file"};
  if (reply.status == 404)
    return Error{ErrorKind::missing,
                 "there is no git repository here (HTTP 404); check source.url, and that the credentials may read it"};
  if (reply.status >= 300 && reply.status < 400)
    return Error{ErrorKind::rejected, "the git server redirects (" + status + ") to " + redirect_host(reply) +
                                          "; redirects are not followed, put the new address into source.url"};
  if (reply.status == 429 || reply.status == 408 || reply.status >= 500)
    return Error{ErrorKind::transient, "the git server answers " + status, retry_after(reply)};
  return Error{ErrorKind::rejected, "the git server answers " + status + "; is source.url a git repository?"};
}

bool is_type(const HttpResponse& reply, std::string_view type) {
  return header(reply, "content-type").starts_with(type);
}

/// True when the reply to a v2 request shows a server that took it for v0, or that wants the v0 handshake first.
bool denies_v2(const HttpResponse& reply) {
  if (reply.status == 400 || reply.status == 405 || reply.status == 415 || reply.status == 500 || reply.status == 501)
    return true;
  if (reply.status != 200) return false;
  const bool has_error = reply.body.size() >= 8 && reply.body.compare(4, 4, "ERR ") == 0;
  return !is_type(reply, "application/x-git-upload-pack-result") || reply.body.empty() || has_error;
}

HttpRequest git_request(const std::optional<HttpLogin>& login, std::size_t body_limit) {
  HttpRequest request{.body_limit = body_limit};
  request.headers.emplace_back("User-Agent: git/2 (plimsoll)");  // some servers take only agents named git/ for git
  if (login)
    request.headers.push_back("Authorization: Basic " +
                              base64_encode(login->username + ":" + login->password.reveal()));
  return request;
}

}  // namespace

SmartHttp::SmartHttp(SourceUrl url, std::string ca_file)
    : base_path_(without_trailing_slashes(url.path)), where_(url.text), client_(endpoint_of(url, std::move(ca_file))) {}

Result<std::vector<RemoteRef>> SmartHttp::list_refs(const std::string& prefix, const std::optional<HttpLogin>& login,
                                                    const ports::Call& call) {
  const auto failed = [&](Error error) { return with_context(std::move(error), where_); };
  if (speaks_v2_) {
    HttpRequest request = git_request(login, kMaxLsRefsBytes);
    request.method = "POST";
    request.path = base_path_ + "/git-upload-pack";
    request.body = ls_refs_request(prefix);
    request.content_type = "application/x-git-upload-pack-request";
    request.headers.emplace_back("Accept: application/x-git-upload-pack-result");
    request.headers.emplace_back("Git-Protocol: version=2");
    auto reply = client_.perform(request, call);
    if (!reply) return reply.error();
    if (!denies_v2(*reply)) {
      if (auto error = status_error(*reply, login.has_value())) return failed(std::move(*error));
      auto refs = parse_ls_refs(reply->body);
      return refs ? std::move(refs) : failed(refs.error());
    }
  }
  HttpRequest request = git_request(login, kMaxAdvertisementBytes);
  request.path = base_path_ + "/info/refs?service=git-upload-pack";
  auto reply = client_.perform(request, call);
  if (!reply) return reply.error();
  if (auto error = status_error(*reply, login.has_value())) return failed(std::move(*error));
  if (!is_type(*reply, "application/x-git-upload-pack-advertisement"))
    return failed({ErrorKind::rejected, "this is not a smart HTTP git server; check source.url"});
  auto refs = parse_ref_advertisement(reply->body);
  if (!refs) return failed(refs.error());
  speaks_v2_ = false;  // only now: an outage must not cost us the cheap way for good
  std::erase_if(*refs, [&](const RemoteRef& ref) { return !ref.name.starts_with(prefix); });
  return refs;
}

}  // namespace plimsoll::adapters
