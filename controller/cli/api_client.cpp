#include "controller/cli/api_client.hpp"

#include <curl/curl.h>
#include <grp.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <memory>

#include "adapters/git/source_url.hpp"
#include "controller/cli/json_fields.hpp"

namespace plimsoll::controller {
namespace {

constexpr long kConnectSeconds = 10;
constexpr std::chrono::seconds kAtOnce{30};         // for what the controller answers without waiting for anybody
constexpr std::chrono::seconds kAskingOthers{180};  // more than the server grants its handlers
constexpr std::size_t kMaxAnswer = 64U << 20U;
constexpr const char* kIsItOne = "is it a Plimsoll controller that --socket or --server names?";

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* body) {
  auto& text = *static_cast<std::string*>(body);
  if (text.size() + size * count > kMaxAnswer) return 0;
  text.append(bytes, size * count);
  return size * count;
}

struct CurlDeleter {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

std::string who_may_open(const std::string& socket) {
  struct stat found {};
  const group* const named = ::stat(socket.c_str(), &found) == 0 ? ::getgrgid(found.st_gid) : nullptr;
  if (named == nullptr) return "run as a user who may open the socket";
  if (found.st_gid == 0) return "run as root";
  return std::string("run as a user of its group: usermod -aG ") + named->gr_name + " YOU, and log in again";
}

bool is_socket(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode);
}

std::string base_url(const Endpoint& endpoint) {
  std::string base = endpoint.socket.empty() ? endpoint.server : "http://localhost";
  if (base.find("://") == std::string::npos) base = "http://" + base;
  while (base.ends_with('/')) base.pop_back();
  return base;
}

/// Cause and mend of a connection to `socket` that the system refuses.
std::string refused_by_system(const std::string& socket, int system_code) {
  if (system_code == ECONNREFUSED && !is_socket(socket)) return "it is no socket; name the controller's with --socket";
  const std::string mend = system_code == EACCES ? who_may_open(socket) + ", or name another one with --socket"
                                                 : "start it with `plimsoll run`, or name it with --socket or --server";
  return std::string(std::strerror(system_code)) + "; " + mend;
}

std::string mend_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_COULDNT_CONNECT: return "start it with `plimsoll run`, or name it with --socket or --server";
    case CURLE_COULDNT_RESOLVE_HOST: return "correct the host that --server or PLIMSOLL_SERVER names";
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return "give --server or PLIMSOLL_SERVER as http://HOST:PORT";
    case CURLE_SSL_CONNECT_ERROR: return "a controller itself speaks http://, not https://";
    case CURLE_PEER_FAILED_VERIFICATION:
      return "put the certificate of its authority into /usr/local/share/ca-certificates/NAME.crt and run "
             "update-ca-certificates";
    default: return kIsItOne;
  }
}

Error unreachable(const Endpoint& endpoint, CURL* handle, CURLcode code, const char* detail) {
  const std::string where =
      endpoint.socket.empty() ? adapters::scrub_url(base_url(endpoint)) : "unix://" + endpoint.socket;
  if (code == CURLE_WRITE_ERROR) {
    return Error{ErrorKind::rejected, "the answer of the controller at " + where + " is larger than " +
                                          std::to_string(kMaxAnswer >> 20U) +
                                          " MiB; ask for less at once, such as one app or fewer lines"};
  }
  long system_code = 0;
  long sent = 0;
  curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &system_code);
  curl_easy_getinfo(handle, CURLINFO_REQUEST_SIZE, &sent);
  if (code == CURLE_OPERATION_TIMEDOUT && sent > 0) {
    return Error{ErrorKind::deadline, "the controller at " + where +
                                          " takes connections and does not answer; look at its log, and start it anew "
                                          "if it hangs"};
  }
  std::string why = std::string(*detail != '\0' ? detail : curl_easy_strerror(code)) + "; " + mend_of(code);
  if (!endpoint.socket.empty() && code == CURLE_COULDNT_CONNECT && system_code != 0)
    why = refused_by_system(endpoint.socket, static_cast<int>(system_code));
  const ErrorKind kind = code == CURLE_OPERATION_TIMEDOUT ? ErrorKind::deadline : ErrorKind::transient;
  return Error{kind, "cannot reach the controller at " + where + ": " + why};
}

/// Over TCP a controller only lets itself be read, and that only from its own machine.
Result<ApiReply> refused_over_tcp(const std::string& path_and_query, bool posted, const ApiReply& reply) {
  const auto answer = parse_answer(reply.body);
  if (!answer || !text_at(*answer, "error").starts_with("not over")) return reply;
  return Error{ErrorKind::unauthorized, (posted ? "POST " : "GET ") +
                                            path_and_query.substr(0, path_and_query.find('?')) +
                                            " is only served on the unix socket; use --socket PATH"};
}

std::string query_text(CURL* handle, const std::map<std::string, std::string>& query) {
  std::string text;
  for (const auto& [name, value] : query) {
    if (value.empty()) continue;
    char* const escaped = curl_easy_escape(handle, value.data(), static_cast<int>(value.size()));
    text += (text.empty() ? "?" : "&") + name + "=" + (escaped ? escaped : "");
    curl_free(escaped);
  }
  return text;
}

}  // namespace

std::chrono::milliseconds ApiClient::limit_of(const std::string& path_and_query) const {
  const std::string path = path_and_query.substr(0, path_and_query.find('?'));
  const bool asks_others = path == "/api/v1/diff" || path == "/api/v1/logs" || path == "/api/v1/rollback";
  const std::chrono::milliseconds limit = asks_others ? kAskingOthers : kAtOnce;
  if (!deadline_) return limit;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - std::chrono::steady_clock::now());
  return std::clamp<std::chrono::milliseconds>(left, std::chrono::seconds(1), limit);
}

Result<ApiReply> ApiClient::call(const std::string& path_and_query, const std::string* body) {
  const std::unique_ptr<CURL, CurlDeleter> handle(curl_easy_init());
  if (!handle) return Error{ErrorKind::internal, "libcurl did not start"};
  std::unique_ptr<curl_slist, CurlDeleter> headers;
  std::array<char, CURL_ERROR_SIZE> detail{};
  ApiReply reply;
  CURL* const curl = handle.get();
  curl_easy_setopt(curl, CURLOPT_URL, (base_url(endpoint_) + path_and_query).c_str());
  if (!endpoint_.socket.empty()) curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, endpoint_.socket.c_str());
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(limit_of(path_and_query).count()));
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply.body);
  if (body) {
    headers.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
  }
  if (const CURLcode code = curl_easy_perform(curl); code != CURLE_OK)
    return unreachable(endpoint_, curl, code, detail.data());
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  if (status == 403 && endpoint_.socket.empty()) return refused_over_tcp(path_and_query, body != nullptr, reply);
  return reply;
}

Result<ApiReply> ApiClient::get(const std::string& path, const std::map<std::string, std::string>& query) {
  const std::unique_ptr<CURL, CurlDeleter> handle(curl_easy_init());
  return call(path + query_text(handle.get(), query), nullptr);
}

Result<ApiReply> ApiClient::post(const std::string& path, const std::string& json_body) {
  return call(path, &json_body);
}

Result<boost::json::value> json_of(const ApiReply& reply, const char* expected) {
  auto answer = parse_answer(reply.body);
  if (reply.status >= 200 && reply.status < 300) {
    const boost::json::object* const object = answer ? answer->if_object() : nullptr;
    if (!answer || (object != nullptr && object->contains(expected))) return answer;
    return Error{ErrorKind::internal, std::string("the answer has no `") + expected + "`; " + kIsItOne};
  }
  const std::string message = answer ? text_at(*answer, "error") : "";
  const ErrorKind kind = reply.status == 404 ? ErrorKind::missing : ErrorKind::rejected;
  if (!message.empty()) return Error{kind, message};
  return Error{kind, "the controller answered with HTTP status " + std::to_string(reply.status) + "; " + kIsItOne};
}

}  // namespace plimsoll::controller
