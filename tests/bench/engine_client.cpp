#include "engine_client.hpp"

#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>

namespace plimsoll::bench {
namespace {

/// Engine 20.10 can lock itself up in its network code when 16 containers leave and join at once.
constexpr long kPatienceSeconds = 90;

std::size_t append(char* data, std::size_t size, std::size_t count, void* target) {
  static_cast<std::string*>(target)->append(data, size * count);
  return size * count;
}

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "bench_floor: %s\n", what.c_str());
  std::exit(20);
}

}  // namespace

EngineClient::EngineClient(const std::string& socket_path) : curl_(curl_easy_init()), socket_path_(socket_path) {
  if (curl_ == nullptr) fail("curl_easy_init failed");
}

EngineClient::~EngineClient() { curl_easy_cleanup(static_cast<CURL*>(curl_)); }

std::string EngineClient::call(const std::string& method, const std::string& path, const std::string& body) {
  auto* curl = static_cast<CURL*>(curl_);
  curl_easy_reset(curl);  // keeps the connection
  const std::string url = "http://engine/v1.41" + path;
  std::string reply;
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Expect:");
  curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket_path_.c_str());
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  if (method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  }
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, kPatienceSeconds);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply);
  const CURLcode code = curl_easy_perform(curl);
  curl_slist_free_all(headers);
  if (code != CURLE_OK) fail(method + " " + path + ": " + curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if ((status < 200 || status > 299) && status != 304)
    fail(method + " " + path + ": " + std::to_string(status) + " " + reply);
  if (reply.find("errorDetail") != std::string::npos) fail(method + " " + path + ": " + reply);
  return reply;
}

}  // namespace plimsoll::bench
