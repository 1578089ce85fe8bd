#include "controller/cli/api_client.hpp"

#include <curl/curl.h>
#include <grp.h>
#include <sys/stat.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <memory>

#include "controller/cli/json_fields.hpp"

namespace plimsoll::controller {
namespace {

constexpr long kConnectSeconds = 10;
constexpr long kCallSeconds = 180;  // more than the server grants its handlers
constexpr std::size_t kMaxAnswer = 64U << 20U;

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

Error unreachable(const Endpoint& endpoint, CURLcode code, long system_code, const char* detail) {
  const std::string where = endpoint.socket.empty() ? endpoint.server : "unix://" + endpoint.socket;
  std::string cause = curl_easy_strerror(code);
  if (*detail != '\0') cause = detail;
  if (code == CURLE_WRITE_ERROR) {
    return Error{ErrorKind::rejected, "the answer of the controller at " + where + " is larger than " +
                                          std::to_string(kMaxAnswer >> 20U) +
                                          " MiB; ask for less at once, such as one app or fewer lines"};
  }
  std::string mend = "start it with `plimsoll run`, or name it with --socket or --server";
  if (code == CURLE_COULDNT_RESOLVE_HOST) mend = "correct the host that --server or PLIMSOLL_SERVER names";
  if (code == CURLE_SSL_CONNECT_ERROR) mend = "a controller itself speaks http://, not https://";
  if (!endpoint.socket.empty() && code == CURLE_COULDNT_CONNECT && system_code != 0) {
    cause = std::strerror(static_cast<int>(system_code));
    if (system_code == EACCES) mend = who_may_open(endpoint.socket) + ", or name another one with --socket";
    if (system_code == ECONNREFUSED && !is_socket(endpoint.socket)) {
      cause = "it is no socket";
      mend = "name the controller's with --socket";
    }
  }
  const ErrorKind kind = code == CURLE_OPERATION_TIMEDOUT ? ErrorKind::deadline : ErrorKind::transient;
  return Error{kind, "cannot reach the controller at " + where + ": " + cause + "; " + mend};
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

std::string base_url(const Endpoint& endpoint) {
  std::string base = endpoint.socket.empty() ? endpoint.server : "http://localhost";
  if (base.find("://") == std::string::npos) base = "http://" + base;
  while (base.ends_with('/')) base.pop_back();
  return base;
}

}  // namespace

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
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, kCallSeconds);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply.body);
  if (body) {
    headers.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
  }
  if (const CURLcode code = curl_easy_perform(curl); code != CURLE_OK) {
    long system_code = 0;
    curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &system_code);
    return unreachable(endpoint_, code, system_code, detail.data());
  }
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

Result<boost::json::value> json_of(const ApiReply& reply) {
  auto answer = parse_answer(reply.body);
  if (reply.status >= 200 && reply.status < 300) return answer;
  const std::string message = answer ? text_at(*answer, "error") : "";
  const ErrorKind kind = reply.status == 404 ? ErrorKind::missing : ErrorKind::rejected;
  if (!message.empty()) return Error{kind, message};
  return Error{kind, "the controller answered with HTTP status " + std::to_string(reply.status) +
                         "; is it a Plimsoll controller that --socket or --server names?"};
}

}  // namespace plimsoll::controller
