#include "model/image_reference.hpp"

#include <algorithm>
#include <utility>

namespace plimsoll {
namespace {

constexpr std::string_view kHub = "docker.io";
constexpr std::string_view kOldHub = "index.docker.io";

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_word(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

Error rejected(std::string message) { return {ErrorKind::rejected, std::move(message)}; }

// Runs of lower-case letters and digits, separated by one `.`, one or two `_`, or any number of `-`.
bool is_path_component(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t run = at;
    while (at < text.size() && is_lower_or_digit(text[at])) ++at;
    if (at == run) return false;
    if (at == text.size()) return true;
    const std::size_t separator = at;
    while (at < text.size() && !is_lower_or_digit(text[at])) ++at;
    const std::string_view between = text.substr(separator, at - separator);
    if (between != "." && between != "_" && between != "__" && between.find_first_not_of('-') != between.npos)
      return false;
  }
  return false;
}

bool is_host(std::string_view text) {
  const auto fits = [](char c) {
    return (is_word(c) && c != '_') || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

// As Docker does: the first part is a registry when it has a dot or a port, or is localhost.
bool names_registry(std::string_view first) {
  return first.find_first_of(".:") != std::string_view::npos || first == "localhost";
}

/// A repository's registry, and its path there; the registry is empty when none is written.
std::pair<std::string_view, std::string_view> split_repository(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || !names_registry(text.substr(0, slash))) return {{}, text};
  return {text.substr(0, slash), text.substr(slash + 1)};
}

bool is_repository(std::string_view text) {
  if (text.size() > 255) return false;
  auto [registry, path] = split_repository(text);
  if (!registry.empty() && !is_host(registry)) return false;
  while (true) {
    const std::size_t end = path.find('/');
    if (!is_path_component(path.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    path.remove_prefix(end + 1);
  }
}

// As Docker does: the hub by default, by both of its names, and its official images below `library`.
std::string normal_repository(std::string_view text) {
  const auto [registry, path] = split_repository(text);
  const bool on_hub = registry.empty() || registry == kHub || registry == kOldHub;
  if (!on_hub) return std::string(text);
  const bool official = path.find('/') == std::string_view::npos;
  return std::string(kHub) + (official ? "/library/" : "/") + std::string(path);
}

}  // namespace

bool is_image_tag(std::string_view text) noexcept {
  const auto inner = [](char c) { return is_word(c) || c == '.' || c == '-'; };
  return !text.empty() && text.size() <= 128 && is_word(text.front()) && std::all_of(text.begin(), text.end(), inner);
}

bool is_image_digest(std::string_view text) noexcept {
  constexpr std::string_view kAlgorithm = "sha256:";
  return text.starts_with(kAlgorithm) && text.size() == kAlgorithm.size() + 64 &&
         std::all_of(text.begin() + kAlgorithm.size(), text.end(), is_hex);
}

std::string ImageReference::pull_name() const { return digest.empty() ? tagged_name() : with_digest(digest); }

std::string ImageReference::tagged_name() const { return repository + ":" + (tag.empty() ? "latest" : tag); }

std::string ImageReference::with_digest(std::string_view wanted) const {
  return repository + "@" + std::string(wanted);
}

std::string ImageReference::registry() const {
  const std::string_view written = split_repository(repository).first;
  return std::string(written.empty() || written == kOldHub ? kHub : written);
}

Result<ImageReference> parse_image_reference(std::string_view text) {
  const std::string quoted = "\"" + std::string(text) + "\"";
  ImageReference out;
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    out.digest = text.substr(at + 1);
    if (!is_image_digest(out.digest)) return rejected("image " + quoted + " has no valid digest after \"@\"");
    text = text.substr(0, at);
  }
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && text.find('/', colon) == std::string_view::npos) {
    out.tag = text.substr(colon + 1);
    if (!is_image_tag(out.tag)) return rejected("image " + quoted + " has no valid tag after \":\"");
    text = text.substr(0, colon);
  }
  if (!is_repository(text)) {
    return rejected("image " + quoted +
                    " is no valid image reference: a repository is lower-case letters, digits, "
                    "and single . _ - between them");
  }
  out.repository = text;
  return out;
}

std::string normal_image_name(const std::string& text) {
  auto parsed = parse_image_reference(text);
  if (!parsed) return text;
  parsed->repository = normal_repository(parsed->repository);
  return parsed->pull_name();
}

bool same_repository(const std::string& left, const std::string& right) {
  return left == right || normal_repository(left) == normal_repository(right);
}

}  // namespace plimsoll
