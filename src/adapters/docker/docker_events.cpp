#include "adapters/docker/docker_events.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace plimsoll::adapters {
namespace {

bool same_source(const WatchedEngine& left, const WatchedEngine& right) {
  const auto parts = [](const WatchedEngine& s) {
    return std::tie(s.instance, s.endpoint.http.base_url, s.endpoint.http.unix_socket, s.endpoint.http.ca_file,
                    s.endpoint.http.certificate_file, s.endpoint.http.key_file);
  };
  return parts(left) == parts(right);
}

int poll_time(const std::vector<std::unique_ptr<EventStream>>& streams, EventStream::Clock::time_point now) {
  std::chrono::milliseconds wait{60'000};
  for (const auto& stream : streams)
    if (stream->due() < now + wait) wait = std::chrono::ceil<std::chrono::milliseconds>(stream->due() - now);
  return static_cast<int>(std::max<long long>(wait.count(), 0));
}

}  // namespace

DockerEvents::DockerEvents(std::string installation, std::vector<WatchedEngine> sources)
    : installation_(std::move(installation)), sources_(std::move(sources)) {}

DockerEvents::~DockerEvents() { stop(); }

void DockerEvents::start(Handler handler) {
  if (thread_.joinable()) return;
  handler_ = std::move(handler);
  {
    const std::lock_guard lock(mutex_);
    sources_changed_ = true;
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void DockerEvents::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  curl_multi_wakeup(multi_.get());
  thread_.join();
}

void DockerEvents::watch(std::vector<WatchedEngine> sources) {
  {
    const std::lock_guard lock(mutex_);
    sources_ = std::move(sources);
    sources_changed_ = true;
  }
  curl_multi_wakeup(multi_.get());
}

void DockerEvents::adopt_sources() {
  std::vector<WatchedEngine> wanted;
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(sources_changed_, false)) return;
    wanted = sources_;
  }
  std::vector<std::unique_ptr<EventStream>> streams;
  for (const auto& source : wanted) {
    const auto kept =
        std::find_if(adopted_.begin(), adopted_.end(), [&source](const auto& old) { return same_source(old, source); });
    auto& slot = streams.emplace_back();
    if (kept != adopted_.end()) slot = std::move(streams_[static_cast<std::size_t>(kept - adopted_.begin())]);
    if (!slot) slot = std::make_unique<EventStream>(source, installation_, multi_.get(), handler_);
  }
  streams_ = std::move(streams);
  adopted_ = std::move(wanted);
}

void DockerEvents::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    adopt_sources();
    const auto now = EventStream::Clock::now();
    for (auto& stream : streams_) stream->tick(now);
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    int left = 0;
    bool any_ended = false;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      void* stream = nullptr;
      const CURLcode code = message->data.result;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &stream);
      static_cast<EventStream*>(stream)->ended(code, EventStream::Clock::now());
      any_ended = true;
    }
    // A stream that went on to its next request must be driven at once.
    if (!any_ended) curl_multi_poll(multi_.get(), nullptr, 0, poll_time(streams_, EventStream::Clock::now()), nullptr);
  }
  streams_.clear();
  adopted_.clear();
}

}  // namespace plimsoll::adapters
