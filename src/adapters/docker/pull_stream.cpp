#include "adapters/docker/pull_stream.hpp"

#include <boost/json.hpp>

namespace plimsoll::adapters {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxLine = 1U << 20U;
constexpr std::size_t kMaxLayers = 1000;

std::string_view text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

std::int64_t number_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

}  // namespace

bool PullStream::feed(std::string_view piece) {
  bool changed = false;
  rest_.append(piece);
  std::size_t begin = 0;
  for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
    changed = take_line(std::string_view(rest_).substr(begin, end - begin)) || changed;
    begin = end + 1;
  }
  rest_.erase(0, begin);
  // Objects of one engine come without line ends at times: the last one is tried as it stands.
  if (!rest_.empty() && rest_.back() == '}' && take_line(rest_)) changed = true;
  if (rest_.size() > kMaxLine) rest_.clear();
  return changed;
}

bool PullStream::take_line(std::string_view line) {
  json::error_code failed;
  const auto parsed = json::parse(line, failed);
  if (failed || !parsed.is_object()) return false;
  const auto& object = parsed.get_object();
  if (const auto* detail = object.if_contains("errorDetail"); detail != nullptr && detail->is_object())
    failure_ = std::string(text_of(detail->get_object(), "message"));
  if ((!failure_ || failure_->empty()) && object.contains("error")) failure_ = std::string(text_of(object, "error"));
  const std::string_view status = text_of(object, "status");
  constexpr std::string_view kDigest = "Digest: ";
  if (status.starts_with(kDigest)) digest_ = std::string(status.substr(kDigest.size()));
  const auto* detail = object.if_contains("progressDetail");
  if (detail == nullptr || !detail->is_object() || status != "Downloading") return false;
  const std::string id(text_of(object, "id"));
  if (layers_.size() >= kMaxLayers && !layers_.contains(id)) return false;
  auto& layer = layers_[id];
  layer.current = number_of(detail->get_object(), "current");
  layer.total = number_of(detail->get_object(), "total");
  return true;
}

std::int64_t PullStream::current_bytes() const {
  std::int64_t sum = 0;
  for (const auto& [id, layer] : layers_) sum += layer.current;
  return sum;
}

std::int64_t PullStream::total_bytes() const {
  std::int64_t sum = 0;
  for (const auto& [id, layer] : layers_) sum += layer.total;
  return sum;
}

}  // namespace plimsoll::adapters
