#include "adapters/http/http_client.hpp"

#include <algorithm>
#include <cctype>
#include <exception>
#include <mutex>
#include <vector>

#include "adapters/http/curl_handle.hpp"
#include "model/instant.hpp"

namespace plimsoll::adapters {
namespace {

constexpr std::size_t kIdleSessions = 8;

/// One easy handle on one multi handle; the multi handle keeps the connection between requests.
struct Session {
  Session() {
    // The limit of the easy handle does not hold for a multi handle, which would keep four.
    if (multi) curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, 1L);
  }

  CurlMulti multi = make_curl_multi();
  CurlEasy easy = make_curl_easy();
};

/// What the callbacks of one transfer fill in.
struct Transfer {
  const HttpRequest* request = nullptr;
  CURL* handle = nullptr;
  HttpResponse response;
  bool too_large = false;
  bool ended_by_reader = false;
  std::chrono::steady_clock::time_point heard = std::chrono::steady_clock::now();  ///< when the last bytes came
  std::exception_ptr thrown;
};

std::size_t take_header(Transfer& transfer, std::string_view line) {
  transfer.heard = std::chrono::steady_clock::now();
  if (line.starts_with("HTTP/")) transfer.response.headers.clear();
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' '))
    value.remove_suffix(1);
  transfer.response.headers[std::move(name)] = std::string(value);
  return line.size();
}

std::size_t take_data(Transfer& transfer, std::string_view piece) {
  transfer.heard = std::chrono::steady_clock::now();
  long status = 0;
  curl_easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &status);
  if (transfer.request->on_body && status >= 200 && status < 300) {
    transfer.ended_by_reader = !transfer.request->on_body(piece);
    return transfer.ended_by_reader ? 0 : piece.size();
  }
  transfer.too_large = transfer.response.body.size() + piece.size() > transfer.request->body_limit;
  if (transfer.too_large) return 0;
  transfer.response.body.append(piece);
  return piece.size();
}

/// What libcurl calls: no exception may pass through its frames.
template <std::size_t take(Transfer&, std::string_view)>
std::size_t on_bytes(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  try {
    return take(transfer, {data, size * count});
  } catch (...) {
    transfer.thrown = std::current_exception();
    return 0;
  }
}

void set_method_and_body(CURL* handle, const HttpRequest& request) {
  if (request.method == "HEAD") {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    return;
  }
  const bool has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT";
  if (has_body) {
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  // On a connection that was used before, libcurl sends a request again by itself when no reply comes. What is lost may
  // have had its effect: whether it is sent again is for the caller to say.
  if (request.method == "POST") curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

CurlList header_list(const HttpRequest& request) {
  CurlList list;
  append_header(list, "Expect:");  // else libcurl waits for "100 Continue" before it sends a body over 1 MiB
  append_header(list, request.content_type.empty() ? "Content-Type:" : "Content-Type: " + request.content_type);
  for (const auto& line : request.headers) append_header(list, line);
  return list;
}

/// Drives the one transfer of `session` until it is done; the curl code, or why we ended it.
Result<CURLcode> drive(Session& session, const Transfer& transfer, const ports::Call& call,
                       const HttpEndpoint& endpoint) {
  const auto limit = transfer.request->silence_limit;
  CURLM* multi = session.multi.get();
  // curl_multi_wakeup is the one call that other threads may make.
  const std::stop_callback wake(call.stop, [multi] { curl_multi_wakeup(multi); });
  while (true) {
    int running = 0;
    curl_multi_perform(multi, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left))
      if (message->msg == CURLMSG_DONE) return message->data.result;
    if (call.stop.stop_requested())
      return Error{ErrorKind::cancelled, "call to " + endpoint.description + " cancelled"};
    const auto now = std::chrono::steady_clock::now();
    const auto silent_at = limit.count() > 0 ? transfer.heard + limit : call.deadline;
    if (call.deadline <= now)
      return Error{ErrorKind::deadline, endpoint.description + " did not answer within the time for this call"};
    if (silent_at <= now)
      return Error{ErrorKind::deadline, endpoint.description + " told of no progress for " + to_text(limit)};
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(std::min(call.deadline, silent_at) - now);
    curl_multi_poll(multi, nullptr, 0, static_cast<int>(std::min<long long>(rest.count() + 1, 60'000)), nullptr);
  }
}

}  // namespace

class HttpClient::Pool {
 public:
  explicit Pool(HttpEndpoint endpoint) : endpoint_(std::move(endpoint)) {}

  std::unique_ptr<Session> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto session = std::move(idle_.back());
        idle_.pop_back();
        return session;
      }
    }
    return std::make_unique<Session>();
  }

  void give_back(std::unique_ptr<Session> session) {
    curl_easy_reset(session->easy.get());
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kIdleSessions) idle_.push_back(std::move(session));
  }

  [[nodiscard]] const HttpEndpoint& endpoint() const noexcept { return endpoint_; }

 private:
  HttpEndpoint endpoint_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Session>> idle_;
};

HttpClient::HttpClient(HttpEndpoint endpoint) : pool_(std::make_unique<Pool>(std::move(endpoint))) {}
HttpClient::~HttpClient() = default;

const HttpEndpoint& HttpClient::endpoint() const noexcept { return pool_->endpoint(); }

Result<HttpResponse> HttpClient::perform(const HttpRequest& request, const ports::Call& call) {
  if (call.stop.stop_requested())
    return Error{ErrorKind::cancelled, "call to " + endpoint().description + " cancelled"};
  auto session = pool_->take();
  CURL* handle = session->easy.get();
  if (handle == nullptr || !session->multi) return Error{ErrorKind::internal, "libcurl gave no handle"};
  Transfer transfer{.request = &request, .handle = handle};
  char detail[CURL_ERROR_SIZE] = {};
  const CurlList headers = header_list(request);
  aim_at_endpoint(handle, endpoint(), request.path);
  set_method_and_body(handle, request);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_bytes<take_header>);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_bytes<take_data>);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail);
  curl_multi_add_handle(session->multi.get(), handle);
  auto ended = drive(*session, transfer, call, endpoint());
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  // Removing an unfinished transfer closes its connection, which is how the engine learns that a pull is cancelled.
  curl_multi_remove_handle(session->multi.get(), handle);
  Result<HttpResponse> result = [&]() -> Result<HttpResponse> {
    if (!ended) return std::move(ended).error();
    if (transfer.thrown) return with_context(thrown_error(transfer.thrown), endpoint().description);
    if (transfer.too_large)
      return Error{ErrorKind::rejected, endpoint().description + " sent more than the " +
                                            std::to_string(request.body_limit) + " bytes that a reply to " +
                                            request.method + " " + request.path.substr(0, request.path.find('?')) +
                                            " may have; is it the server that it should be?"};
    if (*ended != CURLE_OK && !transfer.ended_by_reader) return transfer_error(handle, *ended, detail, endpoint());
    return std::move(transfer.response);
  }();
  pool_->give_back(std::move(session));
  return result;
}

std::string percent_encoded(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                       byte == '-' || byte == '.' || byte == '_' || byte == '~';
    if (plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return out;
}

}  // namespace plimsoll::adapters
