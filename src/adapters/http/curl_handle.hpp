#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "adapters/http/http_message.hpp"
#include "model/error.hpp"

namespace plimsoll::adapters {

/// Frees an easy handle.
struct CurlEasyClose {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
/// Frees a multi handle, and with it its connections.
struct CurlMultiClose {
  void operator()(CURLM* handle) const noexcept { curl_multi_cleanup(handle); }
};
/// Frees a list of header lines.
struct CurlListClose {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
/// Owning handles of libcurl.
using CurlEasy = std::unique_ptr<CURL, CurlEasyClose>;
using CurlMulti = std::unique_ptr<CURLM, CurlMultiClose>;
using CurlList = std::unique_ptr<curl_slist, CurlListClose>;

/// New handles; libcurl's global state is set up first, once and thread-safely.
[[nodiscard]] CurlEasy make_curl_easy();
[[nodiscard]] CurlMulti make_curl_multi();

/// Sets everything on `handle` that follows from the endpoint and the path: URL, socket, TLS, connect deadline, no
/// redirects (a credential would follow them), no proxy from the environment, no signals, no wait for a name server
/// once the transfer has ended.
void aim_at_endpoint(CURL* handle, const HttpEndpoint& endpoint, const std::string& path);

/// Appends a header line to a list that `CurlList` owns.
void append_header(CurlList& list, const std::string& line);

/// What a failed transfer means: `cannot reach <description>: <cause>; <hint>`, or a refused certificate.
[[nodiscard]] Error transfer_error(CURL* handle, CURLcode code, const char* detail, const HttpEndpoint& endpoint);

}  // namespace plimsoll::adapters
