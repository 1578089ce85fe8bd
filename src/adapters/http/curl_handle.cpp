#include "adapters/http/curl_handle.hpp"

#include <cstring>
#include <mutex>

namespace plimsoll::adapters {
namespace {

void init_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

std::string cause_of(CURL* handle, CURLcode code, const char* detail) {
  long os_error = 0;
  curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &os_error);
  if (code == CURLE_COULDNT_CONNECT && os_error != 0) {
    char text[128] = {};
    // GNU strerror_r may return a constant string instead of filling the buffer.
    std::string cause = strerror_r(static_cast<int>(os_error), text, sizeof text);
    if (!cause.empty() && cause[0] >= 'A' && cause[0] <= 'Z') cause[0] = static_cast<char>(cause[0] - 'A' + 'a');
    return cause;
  }
  return detail != nullptr && *detail != '\0' ? detail : curl_easy_strerror(code);
}

}  // namespace

CurlEasy make_curl_easy() {
  init_curl_once();
  return CurlEasy(curl_easy_init());
}

CurlMulti make_curl_multi() {
  init_curl_once();
  return CurlMulti(curl_multi_init());
}

void aim_at_endpoint(CURL* handle, const HttpEndpoint& endpoint, const std::string& path) {
  const auto set_text = [handle](CURLoption option, const std::string& value) {
    if (!value.empty()) curl_easy_setopt(handle, option, value.c_str());
  };
  curl_easy_setopt(handle, CURLOPT_URL, (endpoint.base_url + path).c_str());
  set_text(CURLOPT_UNIX_SOCKET_PATH, endpoint.unix_socket);
  set_text(CURLOPT_CAINFO, endpoint.ca_file);
  set_text(CURLOPT_SSLCERT, endpoint.certificate_file);
  set_text(CURLOPT_SSLKEY, endpoint.key_file);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(endpoint.connect_timeout.count()));
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  // Else libcurl waits for its resolver thread when a connection is given up: as long as the name servers stay silent.
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPIDLE, 30L);
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPINTVL, 10L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "plimsoll");
}

void append_header(CurlList& list, const std::string& line) {
  curl_slist* grown = curl_slist_append(list.get(), line.c_str());
  if (grown == nullptr) return;
  (void)list.release();
  list.reset(grown);
}

Error transfer_error(CURL* handle, CURLcode code, const char* detail, const HttpEndpoint& endpoint) {
  const std::string cause = cause_of(handle, code, detail);
  // With TLS 1.3 the server refuses our certificate only after the handshake, when the first reply is read.
  const bool refused = cause.find("alert") != std::string::npos && (cause.find("certificate") != std::string::npos ||
                                                                    cause.find("unknown ca") != std::string::npos);
  switch (refused ? CURLE_SSL_CERTPROBLEM : code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return {ErrorKind::unauthorized, endpoint.description + " and we do not trust each other: " + cause +
                                           "; check the ca, cert and key files"};
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return {ErrorKind::rejected, endpoint.description + ": " + cause};
    default: break;
  }
  long connected = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &connected);
  const bool broke_off = code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
                         code == CURLE_PARTIAL_FILE || connected != 0;
  if (broke_off) return {ErrorKind::transient, endpoint.description + " broke the connection off: " + cause};
  std::string message = "cannot reach " + endpoint.description + ": " + cause;
  if (!endpoint.hint.empty()) message += "; " + endpoint.hint;
  return {ErrorKind::transient, std::move(message)};
}

}  // namespace plimsoll::adapters
