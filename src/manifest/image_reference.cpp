#include "manifest/image_reference.hpp"

#include <algorithm>

namespace plimsoll::manifest {
namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_word(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

Error rejected(std::string message) { return {ErrorKind::rejected, std::move(message)}; }

bool is_digest(std::string_view text) {
  constexpr std::string_view kAlgorithm = "sha256:";
  return text.starts_with(kAlgorithm) && text.size() == kAlgorithm.size() + 64 &&
         std::all_of(text.begin() + kAlgorithm.size(), text.end(), is_hex);
}

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

bool is_repository(std::string_view text) {
  if (text.size() > 255) return false;
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos && names_registry(text.substr(0, slash))) {
    if (!is_host(text.substr(0, slash))) return false;
    text.remove_prefix(slash + 1);
  }
  while (true) {
    const std::size_t end = text.find('/');
    if (!is_path_component(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

bool is_image_tag(std::string_view text) noexcept {
  const auto inner = [](char c) { return is_word(c) || c == '.' || c == '-'; };
  return !text.empty() && text.size() <= 128 && is_word(text.front()) && std::all_of(text.begin(), text.end(), inner);
}

Result<ImageReference> parse_image_reference(std::string_view text) {
  const std::string quoted = "\"" + std::string(text) + "\"";
  ImageReference out;
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    out.digest = text.substr(at + 1);
    if (!is_digest(out.digest)) return rejected("image " + quoted + " has no valid digest after \"@\"");
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

Result<std::string> apply_image_entry(std::string_view service_image, std::string_view entry) {
  const bool is_full = entry.find_first_of("/:@") != std::string_view::npos;
  if (is_full && !is_digest(entry)) {
    auto parsed = parse_image_reference(entry);
    if (!parsed) return parsed.error();
    return std::string(entry);
  }
  if (!is_full && !is_image_tag(entry)) {
    return rejected("\"" + std::string(entry) + "\" is neither a tag nor an image reference");
  }
  if (service_image.empty()) {
    return rejected("\"" + std::string(entry) +
                    "\" is a tag, and the service has no image: to take the repository from");
  }
  auto base = parse_image_reference(service_image);
  if (!base) return base.error();
  return base->repository + (is_full ? "@" : ":") + std::string(entry);
}

}  // namespace plimsoll::manifest
