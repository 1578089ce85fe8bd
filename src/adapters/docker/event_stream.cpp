#include "adapters/docker/event_stream.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "adapters/docker/engine_error.hpp"
#include "adapters/docker/engine_event_json.hpp"

namespace plimsoll::adapters {
namespace {

using std::chrono::seconds;

constexpr seconds kAnswerWithin{10};  // an instance that accepts and says nothing is given up
constexpr seconds kLongestWait{30};
constexpr std::size_t kMaxLine = 1U << 20U;
constexpr auto kNever = std::chrono::steady_clock::time_point::max();

}  // namespace

EventStream::EventStream(WatchedEngine source, std::string installation, CURLM* multi, const Handler& handler)
    : source_(std::move(source)), installation_(std::move(installation)), multi_(multi), handler_(handler) {}

EventStream::~EventStream() { close(); }

void EventStream::close() {
  if (phase_ != Phase::waiting) curl_multi_remove_handle(multi_, easy_.get());
  curl_easy_reset(easy_.get());
  phase_ = Phase::waiting;
}

void EventStream::begin(Phase phase, const std::string& path, Clock::time_point now) {
  CURL* handle = easy_.get();
  reply_ = {};
  line_.clear();
  detail_[0] = '\0';
  aim_at_endpoint(handle, source_.endpoint.http, path);
  using Callback = std::size_t (*)(char*, std::size_t, std::size_t, void*);
  const Callback on_header = [](char* data, std::size_t size, std::size_t count, void* self) {
    static_cast<EventStream*>(self)->header_line({data, size * count});
    return size * count;
  };
  const Callback on_body = [](char* data, std::size_t size, std::size_t count, void* self) {
    static_cast<EventStream*>(self)->body_piece({data, size * count});
    return size * count;
  };
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail_);
  curl_easy_setopt(handle, CURLOPT_PRIVATE, this);
  curl_multi_add_handle(multi_, handle);
  phase_ = phase;
  due_ = now + kAnswerWithin;
}

void EventStream::tick(Clock::time_point now) {
  if (now < due_) return;
  if (phase_ == Phase::waiting) {
    begin(Phase::asking_version, "/_ping", now);
  } else {
    fail("cannot follow events: " + source_.endpoint.http.description + " accepts connections and says nothing", now);
  }
}

void EventStream::header_line(std::string_view line) {
  if (line.starts_with("HTTP/")) reply_.headers.clear();
  const auto colon = line.find(':');
  if (colon != std::string_view::npos) {
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == '\r' || value.back() == '\n')) value.remove_suffix(1);
    reply_.headers[std::move(name)] = std::string(value);
  }
  const bool end_of_headers = line == "\r\n" || line == "\n";
  if (!end_of_headers) return;
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  reply_.status = static_cast<int>(status);
  if (phase_ == Phase::opening && reply_.ok()) opened();
}

void EventStream::opened() {
  phase_ = Phase::open;
  due_ = kNever;
  opened_at_ = Clock::now();
  told_down_ = false;
  ports::EngineEvent event;
  event.instance = source_.instance;
  event.kind = ports::EngineEvent::Kind::connected;
  handler_(event);
}

void EventStream::body_piece(std::string_view piece) {
  if (phase_ != Phase::open) {
    if (reply_.body.size() < kMaxLine) reply_.body.append(piece);
    return;
  }
  line_.append(piece);
  std::size_t begin = 0;
  for (auto end = line_.find('\n'); end != std::string::npos; end = line_.find('\n', begin)) {
    if (const auto event = parse_engine_event(std::string_view(line_).substr(begin, end - begin), source_.instance))
      handler_(*event);
    begin = end + 1;
  }
  line_.erase(0, begin);
  if (line_.size() > kMaxLine) line_.clear();
}

void EventStream::ended(CURLcode code, Clock::time_point now) {
  const Phase was = phase_;
  const bool good = code == CURLE_OK && reply_.ok();
  if (was == Phase::asking_version && good) {
    const auto identity = engine_identity(reply_);
    close();
    begin(Phase::opening, events_path(identity.version.text(), installation_, identity.podman), now);
    return;
  }
  if (code != CURLE_OK) {
    fail("event stream: " + transfer_error(easy_.get(), code, detail_, source_.endpoint.http).message, now);
  } else if (was == Phase::open) {
    fail("event stream: " + source_.endpoint.http.description + " closed it", now);
  } else {
    fail(engine_error("event stream of " + source_.endpoint.http.description, reply_).message, now);
  }
}

void EventStream::fail(const std::string& why, Clock::time_point now) {
  const bool lasted = phase_ == Phase::open && now - opened_at_ >= kAnswerWithin;
  if (lasted) back_off_ = seconds{1};
  close();
  due_ = now + back_off_;
  back_off_ = std::min(back_off_ * 2, kLongestWait);
  if (std::exchange(told_down_, true)) return;
  ports::EngineEvent event;
  event.instance = source_.instance;
  event.kind = ports::EngineEvent::Kind::disconnected;
  event.detail = why;
  handler_(event);
}

}  // namespace plimsoll::adapters
